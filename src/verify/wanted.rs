//! The secrets of a report, and the values that turn out to be theirs.

use crate::finding::{Fingerprint, Secret};
use crate::report::saved::{Finding, Report};
use crate::rule::{Rule, RuleSet};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The secrets that are looked for. Each has a number: its place in the list.
pub struct Wanted<'r> {
    /// The findings of the report that are not ignored, each secret once.
    pub list: Vec<&'r Finding>,
    /// How many findings the report ignores.
    pub ignored: usize,
    /// The ids of rules that are not known here.
    pub unknown_rules: BTreeSet<&'r str>,
    /// The values that are known.
    pub values: BTreeMap<u32, Vec<u8>>,
    /// The numbers of those that each rule has found.
    by_rule: BTreeMap<&'r str, Vec<u32>>,
    asked: HashMap<(String, Secret), Option<u32>>,
}

/// How a mask begins that shows nothing but a class of lengths.
const LENGTH_ONLY: &str = "******** (";

impl<'r> Wanted<'r> {
    /// The secrets of `report`. What somebody has excused as no secret is left out.
    #[must_use]
    pub fn of(report: &'r Report, rules: &RuleSet) -> Self {
        let mut names = BTreeSet::new();
        let counted = report.findings.iter().filter(|finding| finding.status != "ignored");
        let list: Vec<&Finding> =
            counted.filter(|finding| names.insert(finding.fingerprint.as_str())).collect();
        let ignored = report.findings.iter().filter(|finding| finding.status == "ignored").count();
        let unknown = list.iter().filter(|finding| rules.get(&finding.rule).is_none());
        let unknown_rules = unknown.map(|finding| finding.rule.as_str()).collect();
        let mut by_rule: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (number, finding) in (0..).zip(&list) {
            by_rule.entry(&finding.rule).or_default().push(number);
        }
        let (values, asked) = (BTreeMap::new(), HashMap::new());
        Self { list, ignored, unknown_rules, values, by_rule, asked }
    }

    /// The number of the secret that `rule` has found, if it is one of these; its value is known then.
    pub fn number(&mut self, rule: &Rule, secret: &Secret) -> Option<u32> {
        let key = (rule.id().to_owned(), secret.clone());
        if let Some(known) = self.asked.get(&key) {
            return *known;
        }
        let mask = secret.to_string();
        let may_be = |finding: &Finding, own: bool| {
            let lengths = [&mask, &finding.secret].iter().all(|mask| mask.starts_with(LENGTH_ONLY));
            mask == finding.secret || own && !lengths
        };
        let number = self.by_rule.iter().find_map(|(id, findings)| {
            let own = rule.is_called(id);
            // Fingerprints of passwords are slow by intention: they are made for those alone that may be.
            if !findings.iter().any(|number| may_be(self.list[*number as usize], own)) {
                return None;
            }
            let name = Fingerprint::new(id, secret);
            let named = |number: &&u32| self.list[**number as usize].fingerprint == name.as_str();
            findings.iter().find(named).copied()
        });
        if let (Some(number), Some(value)) = (number, secret.reveal()) {
            self.values.entry(number).or_insert_with(|| value.to_vec());
        }
        self.asked.insert(key, number);
        number
    }

    /// Takes a value that may be that of a secret of these, by any of its rules.
    pub fn offer(&mut self, value: &[u8], rules: &RuleSet) {
        for (id, findings) in &self.by_rule {
            // Of a rule that is not known here, any other will do: the fingerprint goes by its id.
            let Some(rule) = rules.get(id).or_else(|| rules.rules().first()) else { continue };
            let name = Fingerprint::new(id, &Secret::new(value, rule));
            let named = |number: &&u32| self.list[**number as usize].fingerprint == name.as_str();
            if let Some(number) = findings.iter().find(named) {
                self.values.entry(*number).or_insert_with(|| value.to_vec());
            }
        }
    }
}
