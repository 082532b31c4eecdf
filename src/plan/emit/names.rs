//! What relocated secrets are called in their stores and in the code that makes those, and how they are
//! described there.

use crate::plan::{Entry, Move, Plan};
use crate::report::sanitize;
use std::collections::{BTreeMap, BTreeSet};

/// A secret that goes to a store.
#[derive(Debug, Clone)]
pub(super) struct Relocation<'p> {
    /// What the plan says of it.
    pub(super) entry: &'p Entry,
    /// The id of the store.
    pub(super) store: &'p str,
    /// Its path there, which no other has: letters, digits and `/_.-`, with `/` before it.
    pub(super) name: String,
}

impl Relocation<'_> {
    /// Whether it goes to Secrets Manager or Parameter Store.
    pub(super) fn is_on_aws(&self) -> bool {
        self.is_parameter() || self.store == "aws-secrets-manager"
    }

    /// Whether it goes to Parameter Store.
    pub(super) fn is_parameter(&self) -> bool {
        self.store == "aws-parameter-store"
    }

    /// Whether something can renew it unattended.
    pub(super) fn rotates(&self) -> bool {
        self.entry.remedy.facts.as_ref().is_some_and(|facts| facts.rotates)
    }
}

/// All secrets that go to a store, in the order of their names.
pub(super) fn relocations(plan: &Plan) -> Vec<Relocation<'_>> {
    let relocated = plan.entries.iter().filter(|entry| entry.decision == Move::Relocate);
    let mut stored: Vec<(&Entry, &str)> =
        relocated.filter_map(|entry| Some((entry, entry.store()?))).collect();
    stored.sort_by(|(a, _), (b, _)| (&a.name, &a.fingerprint).cmp(&(&b.name, &b.fingerprint)));
    let entries: Vec<&Entry> = stored.iter().map(|(entry, _)| *entry).collect();
    let names = distinct(entries.iter().map(|entry| path(&entry.name)).collect(), &entries, "-");
    let relocations = stored.into_iter().zip(names);
    relocations.map(|((entry, store), name)| Relocation { entry, store, name }).collect()
}

/// A name as all stores take it: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
/// and <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html>.
fn path(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "/_.-".contains(c) { c } else { '-' };
    let name: String = name.trim_matches('/').chars().map(allowed).collect();
    format!("/{}", if name.is_empty() { "secret" } else { &name })
}

/// The same names, but where several are equal each gets the beginning of its secret's fingerprint behind
/// `mark`, so that it stays what it is when another secret comes or goes.
pub(super) fn distinct(names: Vec<String>, entries: &[&Entry], mark: &str) -> Vec<String> {
    let mut count = BTreeMap::<String, usize>::new();
    for name in &names {
        *count.entry(name.clone()).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let of_entry = |(name, entry): (String, &&Entry)| {
        // Six characters behind a hyphen would look like the end of an ARN.
        let print = entry.fingerprint.chars().filter(char::is_ascii_alphanumeric).take(8);
        let several = count.get(&name).is_some_and(|count| *count > 1);
        let mut name =
            if several { format!("{name}{mark}{}", print.collect::<String>()) } else { name };
        while !taken.insert(name.clone()) {
            name = format!("{name}{mark}2");
        }
        name
    };
    names.into_iter().zip(entries).map(of_entry).collect()
}

/// What a resource of Terraform is called for each secret: `shop_dba_prod_password`.
pub(super) fn terraform(relocations: &[Relocation]) -> Vec<String> {
    let name = |text: &str| identifier(text.trim_start_matches('/'));
    named(relocations, "_", |relocation| name(&relocation.name))
}

/// An identifier of Terraform for a text: lower case letters, digits and `_`.
pub(super) fn identifier(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = text.chars().map(allowed).collect();
    // One may not begin with a digit.
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// What a resource of CloudFormation is called for each secret: `ShopDbaProdPassword`.
pub(super) fn logical(relocations: &[Relocation]) -> Vec<String> {
    named(relocations, "", |relocation| camel(&relocation.name))
}

/// The words of a text in one: `ShopDbaProdPassword`.
pub(super) fn camel(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    words.map(capital).collect()
}

/// What each secret is called where names have no slashes: `shop-dba-prod-password`. Dots and underlines
/// are taken by some stores alone.
pub(super) fn flat(relocations: &[Relocation]) -> Vec<String> {
    named(relocations, "-", |relocation| {
        relocation.name.trim_start_matches('/').replace(['/', '.', '_'], "-")
    })
}

fn named(
    relocations: &[Relocation],
    mark: &str,
    name: impl Fn(&Relocation) -> String,
) -> Vec<String> {
    let entries: Vec<&Entry> = relocations.iter().map(|relocation| relocation.entry).collect();
    distinct(relocations.iter().map(name).collect(), &entries, mark)
}

/// The tags of a secret. AWS keeps keys that begin with `aws:` for itself.
pub(super) fn tags(entry: &Entry) -> BTreeMap<String, String> {
    let tags = entry.tags.iter().map(|(key, value)| (tag(key, 128), tag(value, 256)));
    tags.filter(|(key, value)| !key.is_empty() && !value.is_empty() && !key.starts_with("aws:"))
        .collect()
}

/// The characters of a tag's key or value that AWS takes everywhere, at most `most` of them:
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>.
fn tag(text: &str, most: usize) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(*c);
    text.chars().filter(allowed).take(most).collect::<String>().trim().to_owned()
}

/// What a secret is, and where it stood: `GitHub token, from src/a.py:3 and 2 other places`.
pub(super) fn description(entry: &Entry) -> String {
    /// Parameter Store takes no more.
    const MOST: usize = 1024;
    let mut text = sanitize(&entry.title).into_owned();
    if let Some((first, others)) = entry.places.split_first() {
        text += &format!(", from {}:{}", sanitize(&first.name), first.line);
        text += &match others.len() {
            0 => String::new(),
            1 => " and 1 other place".to_owned(),
            n => format!(" and {n} other places"),
        };
    }
    text.chars().take(MOST).collect()
}

/// What an application may read in one environment, as far as one policy can say it.
#[derive(Debug, Clone)]
pub(super) struct Readable {
    /// The application and the environment.
    pub(super) title: String,
    /// The secrets, as places in the list of all.
    pub(super) members: Vec<usize>,
}

/// What each application may read in each environment of it, in their order. A managed policy has at most
/// 6,144 characters, so one that would be longer is made several:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(super) fn readable(relocations: &[Relocation]) -> Vec<Readable> {
    const MOST: usize = 5000;
    /// What an ARN is longer than the name in it.
    const ARN: usize = 80;
    let mut groups = BTreeMap::<(&str, &str), Vec<usize>>::new();
    for (place, relocation) in relocations.iter().enumerate() {
        let inventory = &relocation.entry.inventory;
        groups.entry((&inventory.application, &inventory.environment)).or_default().push(place);
    }
    let mut all = Vec::new();
    for ((application, environment), members) in groups {
        let (mut parts, mut length) = (vec![Vec::new()], 0);
        for member in members {
            length += relocations[member].name.len() + ARN;
            if length > MOST {
                parts.push(Vec::new());
                length = relocations[member].name.len() + ARN;
            }
            parts.last_mut().into_iter().for_each(|part| part.push(member));
        }
        for (number, members) in (1..).zip(parts) {
            let title = format!("{application} {environment}");
            let title = if number == 1 { title } else { format!("{title} {number}") };
            all.push(Readable { title, members });
        }
    }
    all
}
