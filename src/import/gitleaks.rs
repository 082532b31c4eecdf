//! Configurations of gitleaks (<https://github.com/gitleaks/gitleaks#configuration>) and of betterleaks,
//! which reads the same and more (<https://github.com/betterleaks/betterleaks>).

use super::allowlist::{self, Piece, Target};
use super::dialect::Pattern;
use super::draft::{Allowed, Draft, Fields, Foreign, Remarks};
use super::expression::{self, Expression, Quoted, Subject};
use super::group::{self, Choice};
use super::suppress::Suppression;
use super::tree::Node;
use super::within;
use crate::rule::Confidence;

/// Lines between the parts of a credential, unless a rule says how many.
const NEAR: u32 = 20;

/// Keys of which blurt has no counterpart, and why.
const FOREIGN: [(&str, &str); 3] = [
    ("validate", "blurt asks no provider whether a secret is live"),
    ("verify", "blurt asks no provider whether a secret is live"),
    ("tokenEfficiency", "blurt's own filters tell words from random values"),
];

/// Reads a configuration.
pub(super) fn read<'t>(text: &'t str, tree: &'t Node) -> Draft<'t> {
    let mut reader = Reader { text, draft: Draft::default() };
    if let Some(fields) = Fields::of(tree, &mut reader.draft.remarks) {
        reader.file(fields);
    }
    reader.draft
}

/// A configuration on the way to a draft.
struct Reader<'t> {
    text: &'t str,
    draft: Draft<'t>,
}

/// The rule that an allowlist stands in.
struct Owner {
    id: String,
    /// Whether its secret is all that it matches.
    whole: bool,
}

impl<'t> Reader<'t> {
    fn remarks(&mut self) -> &mut Remarks {
        &mut self.draft.remarks
    }

    fn file(&mut self, mut fields: Fields<'t>) {
        for name in ["title", "description", "minVersion", "betterleaksMinVersion", "version"] {
            fields.take(name);
        }
        if let Some(extend) = fields.take("extend") {
            self.extend(extend);
        }
        self.expressions(&mut fields, None);
        let rules = fields.tables("rules");
        self.draft.rule_count = rules.len();
        for rule in rules {
            self.rule(rule);
        }
        for name in ["allowlist", "allowlists"] {
            for node in fields.tables(name) {
                self.allowlist(node, None);
            }
        }
        fields.rest("at the top", &mut self.draft.remarks);
    }

    fn extend(&mut self, node: &'t Node) {
        let remarks = &mut self.draft.remarks;
        let Some(mut fields) = Fields::of(node, remarks) else { return };
        self.draft.overrides = fields.flag("useDefault", remarks).unwrap_or(false);
        if let Some(path) = fields.text_node("path", remarks) {
            let name = path.text().unwrap_or_default();
            let message = format!("what {name} says is not in here: import it, too");
            remarks.lose(path.span.start, message);
        }
        if let Some(url) = fields.text_node("url", remarks) {
            let message = "blurt fetches nothing: download that file, and import it, too";
            remarks.lose(url.span.start, message);
        }
        for id in fields.texts("disabledRules", remarks) {
            let text = id.text().unwrap_or_default().to_owned();
            self.draft.disabled.push((id.span.start, text));
        }
        fields.rest("in [extend]", remarks);
    }

    /// Expressions, of a rule or of all. Returns the least entropy that they ask for.
    fn expressions(&mut self, fields: &mut Fields<'t>, owner: Option<&str>) -> Option<f64> {
        let of = owner.map(|id| format!(" of `{id}`")).unwrap_or_default();
        for (name, why) in FOREIGN {
            if let Some(node) = fields.take(name) {
                self.remarks().note(node.span.start, format!("`{name}`{of} is left out: {why}"));
            }
        }
        let mut entropy = None;
        for name in ["prefilter", "filter"] {
            let Some(node) = fields.text_node(name, &mut self.draft.remarks) else { continue };
            let said = expression::parse(node.text().unwrap_or_default());
            let mut evaluation =
                Evaluation { text: self.text, node, entropy, remarks: &mut self.draft.remarks };
            let tables = evaluation.tables(&said, owner.is_some()).unwrap_or_default();
            entropy = evaluation.entropy;
            let reason = format!("`{name}`{of}");
            let table = |table| Suppression { reason: reason.clone(), ..table };
            let tables: Vec<_> = tables.into_iter().map(table).collect();
            let rules = owner.map(str::to_owned).into_iter().collect();
            if !tables.is_empty() {
                self.draft.allowed.push(Allowed { at: node.span.start, rules, tables });
            }
        }
        entropy
    }

    fn rule(&mut self, node: &'t Node) {
        let Some(mut fields) = Fields::of(node, self.remarks()) else { return };
        let remarks = &mut self.draft.remarks;
        let description = fields.text("description", remarks);
        let id = fields.text("id", remarks).or(description).unwrap_or("rule").to_owned();
        let of = format!(" of `{id}`");
        let regex = fields.text_node("regex", remarks);
        let path = fields.text_node("path", remarks);
        fields.take("tags");
        let lists = [fields.tables("allowlist"), fields.tables("allowlists")].concat();
        let least = self.expressions(&mut fields, Some(&id));
        let remarks = &mut self.draft.remarks;
        let at = node.span.start;
        let choice = choice(&mut fields, remarks);
        let owner = Owner { whole: regex.is_some_and(|it| is_whole(it, choice)), id: id.clone() };
        match (regex, path) {
            (Some(pattern), _) => {
                let mut rule = Foreign::new(at, id, pattern, choice);
                rule.name = description.map(str::to_owned);
                rule.path = path;
                rule.entropy = fields.number("entropy", remarks).or(least);
                let words = fields.texts("keywords", remarks);
                rule.words = words.iter().filter_map(|node| node.text()).map(str::to_owned).collect();
                rule.near = required(&mut fields, &of, remarks);
                rule.confidence = super::confidence(&mut fields, remarks);
                if fields.flag("skipReport", remarks) == Some(true) {
                    rule.confidence = Some(Confidence::Low);
                }
                self.draft.rules.push(rule);
            }
            (None, Some(path)) => remarks.lose(
                path.span.start,
                format!(
                    "`{id}` is not imported: it reports files by their names, and blurt reports secrets; \
                     keep such files out with .gitignore"
                ),
            ),
            (None, None) if lists.is_empty() => remarks.lose(
                at,
                format!("`{id}` is not imported: it has no `regex`; blurt's own rule stays as it is"),
            ),
            // It only adds allowlists to a rule that there is.
            (None, None) => self.draft.rule_count -= 1,
        }
        fields.rest(&format!("of `{}`", owner.id), &mut self.draft.remarks);
        for list in lists {
            self.allowlist(list, Some(&owner));
        }
    }

    fn allowlist(&mut self, node: &'t Node, owner: Option<&Owner>) {
        let Some(mut fields) = Fields::of(node, self.remarks()) else { return };
        let text = self.text;
        let remarks = &mut self.draft.remarks;
        let reason = fields.text("description", remarks).map(one_line);
        let all = all_must_hold(&mut fields, remarks);
        let commits = fields.texts("commits", remarks);
        let target = fields.text_node("regexTarget", remarks);
        let paths = fields.texts("paths", remarks);
        let regexes = fields.texts("regexes", remarks);
        let stopwords = fields.texts("stopwords", remarks);
        let targets = fields.texts("targetRules", remarks);
        fields.rest("in an allowlist", remarks);
        if let Some(commit) = commits.first() {
            let message = "an allowlist by commits is not taken over, as a rebase makes other commits: \
                           `blurt scan --history -f json` tells the fingerprints of what stands there, and \
                           [[suppress]] with `fingerprints` excuses it";
            remarks.lose(commit.span.start, message);
        }
        let target = Target::read(target, owner.is_some_and(|owner| owner.whole), remarks);
        let mut parts = Vec::new();
        if !paths.is_empty() {
            parts.push(allowlist::of_paths(text, &Piece::all(&paths), remarks));
        }
        if !regexes.is_empty() {
            parts.push(allowlist::of_regexes(text, &Piece::all(&regexes), target, remarks));
        }
        if !stopwords.is_empty() {
            parts.push(allowlist::of_stopwords(&stopwords));
        }
        let tables = match all {
            false => Some(parts.concat()),
            // Without the commits it would leave out more.
            true if !commits.is_empty() => None,
            true => allowlist::together(&parts).or_else(|| {
                let message = "`regexes` and `stopwords` of an allowlist that must both hold are not taken \
                               over: write one regex for both into [[suppress]] as `values`";
                remarks.lose(node.span.start, message);
                None
            }),
        };
        let mut tables = tables.unwrap_or_default();
        for table in &mut tables {
            table.reason = reason.clone().unwrap_or_default();
        }
        let targets = targets.iter().filter_map(|node| node.text()).map(str::to_owned);
        let rules = owner.map(|owner| owner.id.clone()).into_iter().chain(targets).collect();
        if !tables.is_empty() {
            self.draft.allowed.push(Allowed { at: node.span.start, rules, tables });
        }
    }
}

fn choice(fields: &mut Fields, remarks: &mut Remarks) -> Choice {
    let older = fields.number("reportGroup", remarks);
    match fields.number("secretGroup", remarks).or(older) {
        Some(number) if number >= 1.0 => Choice::Number(number as u32),
        _ => Choice::FirstFilled,
    }
}

fn is_whole(pattern: &Node, choice: Choice) -> bool {
    let pattern = pattern.text().and_then(|text| Pattern::translate(text).ok());
    pattern.and_then(|pattern| group::mark(&pattern, choice)).is_some_and(|marked| marked.whole)
}

/// `[[rules.required]]`: other rules without whose findings nearby there is no finding.
fn required(fields: &mut Fields, of: &str, remarks: &mut Remarks) -> Vec<(String, u32)> {
    let mut near = Vec::new();
    for node in [fields.tables("required"), fields.tables("components")].concat() {
        let Some(mut fields) = Fields::of(node, remarks) else { continue };
        let lines = fields.number("withinLines", remarks).map_or(NEAR, |lines| lines as u32);
        fields.take("withinColumns");
        if let Some(id) = fields.text("id", remarks) {
            let message = format!(
                "`required`{of}: a finding with `{id}` near it counts for more, but one without is \
                 reported, too"
            );
            remarks.note(node.span.start, message);
            near.push((id.to_owned(), lines));
        }
        fields.rest(&format!("in `required`{of}"), remarks);
    }
    near
}

fn all_must_hold(fields: &mut Fields, remarks: &mut Remarks) -> bool {
    let Some(node) = fields.text_node("condition", remarks) else { return false };
    let text = node.text().unwrap_or_default();
    match text.to_ascii_uppercase().as_str() {
        "AND" | "&&" => true,
        "OR" | "||" => false,
        _ => {
            remarks
                .lose(node.span.start, "`condition` is AND or OR: taken as AND, the narrower one");
            true
        }
    }
}

/// An expression on its way to tables.
struct Evaluation<'e, 't> {
    text: &'t str,
    node: &'t Node,
    /// The least entropy that was asked for.
    entropy: Option<f64>,
    remarks: &'e mut Remarks,
}

impl Evaluation<'_, '_> {
    /// Tables that each leave out what the expression does; `None` if there are no such tables.
    /// `is_alone` says whether a least entropy may be the rule's.
    fn tables(&mut self, said: &Expression, is_alone: bool) -> Option<Vec<Suppression>> {
        match said {
            Expression::Any(parts) => {
                let tables = parts.iter().filter_map(|part| self.tables(part, is_alone));
                let tables: Vec<_> = tables.collect();
                Some(tables.concat())
            }
            Expression::All(parts) => {
                let tables = parts.iter().map(|part| self.tables(part, false));
                let tables: Option<Vec<_>> = tables.collect();
                let joined = allowlist::together(&tables?);
                if joined.is_none() {
                    self.lose(0, "two lists about the secret must both hold here");
                }
                joined
            }
            Expression::Entropy(least) if is_alone => {
                self.entropy = Some(*least);
                Some(Vec::new())
            }
            Expression::Entropy(_) => {
                self.lose(0, "an entropy is for a rule by itself");
                None
            }
            Expression::Unknown(at) => {
                self.lose(*at, "this part of the expression is not known");
                None
            }
            Expression::Matches(subject, texts) => Some(self.list(*subject, texts, str::to_owned)),
            Expression::Contains(subject, texts) => {
                Some(self.list(*subject, texts, regex_syntax::escape))
            }
        }
    }

    fn lose(&mut self, at: usize, what: &str) {
        let message = format!(
            "{what}: write what it leaves out as [[suppress]] with `values`, `lines` or `paths`"
        );
        self.remarks.lose(within(self.text, self.node, at), message);
    }

    fn list(
        &mut self,
        subject: Subject,
        texts: &[Quoted],
        regex: impl Fn(&str) -> String,
    ) -> Vec<Suppression> {
        let piece = |quoted: &Quoted| Piece {
            text: regex(&quoted.text),
            at: within(self.text, self.node, quoted.at),
            node: None,
        };
        let pieces: Vec<_> = texts.iter().map(piece).collect();
        let target = match subject {
            Subject::Path => return allowlist::of_paths(self.text, &pieces, self.remarks),
            Subject::Line => Target::Line,
            Subject::Secret => Target::Secret,
            Subject::Match => Target::Match(pieces.first().map_or(0, |piece| piece.at)),
        };
        allowlist::of_regexes(self.text, &pieces, target, self.remarks)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
