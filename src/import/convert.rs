//! From rules of another tool to rules that blurt accepts and that pass their own test.

use super::dialect::{self, Pattern};
use super::draft::{Allowed, Draft, Foreign, Remarks};
use super::suppress::{RuleSettings, Settings, Suppression};
use super::{Import, ImportError, Kind, Remark, Summary, equivalent, example, glob, group, pack};
use super::{tree, trigger, within};
use crate::blob::{Chunk, Origin};
use crate::detect::Detector;
use crate::finding::{Fingerprint, Secret};
use crate::rule::spec::{NearSpec, PathsSpec};
use crate::rule::{Confidence, Layer, Rule, RuleSet, RuleSpec, Severity, Sourced, test};
use regex_syntax::hir::Hir;
use std::collections::BTreeMap;
use std::path::Path;

/// The playbook of a credential of which nothing else is known.
const PLAYBOOK: &str = "third-party-api-key";

/// A title is not longer.
const MAX_TITLE: usize = 70;

/// Seeds by which it is told who reports an example.
const SEEDS: u64 = 3;

/// A rule that may become one of the pack.
struct Candidate {
    /// Where it stands in the file.
    at: usize,
    /// As its tool calls it.
    theirs: String,
    spec: RuleSpec,
    /// Credentials with a structure that its pattern finds.
    structured: Vec<String>,
    /// Examples that may do, the best first.
    templates: Vec<String>,
}

/// Why a candidate does not pass its test.
enum Failure {
    /// Another rule reports what it finds.
    Covered(String),
    /// Nothing reports it.
    Silent,
}

/// A conversion under way.
pub(super) struct Conversion<'a> {
    kind: Kind,
    file: &'a str,
    text: &'a str,
    builtin: RuleSet,
    /// The rules of the file that work, as their tool calls them, and as blurt does.
    names: BTreeMap<String, Vec<String>>,
    disable: Vec<String>,
    remarks: Remarks,
    summary: Summary,
}

impl<'a> Conversion<'a> {
    pub(super) fn new(kind: Kind, file: &'a str, text: &'a str) -> Result<Self, ImportError> {
        Ok(Self {
            kind,
            file,
            text,
            builtin: RuleSet::builtin()?,
            names: BTreeMap::new(),
            disable: Vec::new(),
            remarks: Remarks::default(),
            summary: Summary::default(),
        })
    }

    pub(super) fn run(mut self, draft: Draft) -> Result<Import, ImportError> {
        self.remarks = draft.remarks;
        for (at, id) in &draft.disabled {
            self.disable(*at, id);
        }
        let mut candidates = Vec::new();
        for foreign in draft.rules {
            let (at, id) = (foreign.at, foreign.id.clone());
            match self.candidate(foreign, &candidates) {
                Ok(candidate) => candidates.push(candidate),
                Err((place, why)) => {
                    self.remarks
                        .lose(place.unwrap_or(at), format!("`{id}` is not imported: {why}"));
                }
            }
        }
        let mut candidates = self.loadable(candidates)?;
        self.switch_off();
        candidates = self.tested(candidates)?;
        if draft.overrides {
            // A rule of the same id takes the place of the tool's own, if it finds something else.
            let ours = candidates.iter().filter_map(|candidate| equivalent::row(&candidate.theirs));
            self.disable.extend(ours.flatten().map(|name| (*name).to_owned()));
            self.switch_off();
            candidates = self.tested(candidates)?;
        }
        for candidate in &candidates {
            self.names.entry(candidate.theirs.clone()).or_default().push(candidate.spec.id.clone());
            self.tell_cost(candidate);
        }
        let rules: Vec<_> = candidates.into_iter().map(|candidate| candidate.spec).collect();
        let suppress = self.suppressions(&draft.allowed, &rules)?;
        self.summary.imported = rules.len();
        self.summary.left =
            draft.rule_count.saturating_sub(self.summary.imported + self.summary.covered);
        Ok(self.import(rules, suppress))
    }

    /// Takes the rules that shall not work from those that a scan would have.
    fn switch_off(&mut self) {
        self.disable.sort();
        self.disable.dedup();
        let disable = &self.disable;
        self.builtin.retain(|rule| !disable.iter().any(|id| rule.is_called(id)));
    }

    /// Says what makes scans slow.
    fn tell_cost(&mut self, candidate: &Candidate) {
        let common = candidate.spec.literals.iter().filter(|text| trigger::is_common(text));
        let common: Vec<_> = common.map(|text| format!("`{text}`")).collect();
        if !common.is_empty() {
            let message = format!(
                "`{}` looks at every {}, which makes scans slower: blurt's own rules find passwords and \
                 keys by the name that they are assigned to; leave it out unless it finds more",
                candidate.theirs,
                common.join(", ")
            );
            self.remarks.note(candidate.at, message);
        }
    }

    fn import(mut self, rules: Vec<RuleSpec>, suppress: Vec<Suppression>) -> Import {
        self.remarks.0.sort_by_key(|said| said.at);
        let remark = |said: super::draft::Said| Remark {
            file: self.file.to_owned(),
            place: tree::position(self.text, said.at),
            message: said.message,
            lost: said.lost,
        };
        let remarks = self.remarks.0.into_iter().map(remark).collect();
        let of_rules = RuleSettings { packs: Vec::new(), disable: self.disable };
        let settings = Settings { rules: of_rules, suppress };
        Import { kind: self.kind, rules, settings, remarks, summary: self.summary }
    }

    /// Switches off what blurt has for a rule of the tool's own.
    fn disable(&mut self, at: usize, id: &str) {
        let ours = equivalent::of(id, &self.builtin);
        if ours.is_empty() {
            let message = format!(
                "`{id}` is not switched off, as blurt has no rule of that name: if one of `blurt rules \
                 list` finds the same, add it to [rules] disable"
            );
            self.remarks.lose(at, message);
        }
        self.disable.extend(ours);
    }

    fn candidate(
        &mut self,
        foreign: Foreign,
        others: &[Candidate],
    ) -> Result<Candidate, (Option<usize>, String)> {
        let written = foreign.pattern.text().unwrap_or_default();
        let place = |at: usize| within(self.text, foreign.pattern, at);
        let pattern = Pattern::translate(written.trim_end())
            .map_err(|flaw| (Some(place(flaw.at)), flaw.message))?;
        if pattern.anchored {
            let message = format!(
                "`^` and `$` of `{}` are the beginning and the end of a line here, and of the file there",
                foreign.id
            );
            self.remarks.note(place(0), message);
        }
        let marked = group::mark(&pattern, foreign.choice)
            .ok_or_else(|| (Some(place(0)), "the pattern has no such group".to_owned()))?;
        if let Some(words) = &marked.skipped {
            let message = format!(
                "group 1 of `{}` only holds words ({words}): the secret is {} instead",
                foreign.id,
                if marked.whole { "all that the pattern matches" } else { "the next group" }
            );
            self.remarks.note(place(0), message);
        }
        let hir = dialect::hir(&marked.text)
            .ok_or_else(|| (Some(place(0)), "the pattern is too large".to_owned()))?;
        if hir.properties().minimum_len() == Some(0) {
            let why = "its pattern matches nothing at all, too: write `+` for a `*`";
            return Err((Some(place(0)), why.to_owned()));
        }
        let mut spec = RuleSpec { reach: trigger::reach(&hir), ..self.blank(&foreign, others) };
        spec.pattern = marked.text;
        if let Some(path) = foreign.path {
            let regex = path.text().unwrap_or_default();
            let globs = glob::of_paths(regex).ok_or_else(|| {
                let why = "its `path` cannot be said in globs: add the rule to the pack with \
                           paths = { only = [...] }";
                (Some(path.span.start), why.to_owned())
            })?;
            spec.example_path = example::path(&globs);
            spec.paths = PathsSpec { only: globs, except: Vec::new() };
        }
        trigger_by(&mut spec, &hir, &foreign)?;
        let regex = dialect::regex(&spec.pattern)
            .ok_or_else(|| (Some(place(0)), "the pattern is too large".to_owned()))?;
        let mut templates = example::templates(&hir);
        if !spec.keywords.is_empty() {
            let word = &spec.keywords[0];
            templates = templates.iter().map(|text| format!("{word}_key = \"{text}\"")).collect();
        }
        templates.extend(foreign.examples.iter().filter(|text| !text.contains("<<")).cloned());
        // What has no text of its own may match anything.
        let has_text = !(spec.prefixes.is_empty() && spec.literals.is_empty());
        let structured = if has_text { example::structured(&regex) } else { Vec::new() };
        Ok(Candidate { at: foreign.at, theirs: foreign.id, spec, structured, templates })
    }

    /// The rule without a pattern and what comes of it.
    fn blank(&self, foreign: &Foreign, others: &[Candidate]) -> RuleSpec {
        let id = self.free_id(&foreign.id, others);
        RuleSpec {
            name: title(foreign.name.as_deref(), &id),
            kind: id.clone(),
            id,
            aliases: Vec::new(),
            provider: None,
            severity: Severity::High,
            confidence: foreign.confidence,
            layer: None,
            prefixes: Vec::new(),
            keywords: Vec::new(),
            literals: Vec::new(),
            reach: None,
            pattern: String::new(),
            entropy: foreign.entropy.filter(|least| *least > 0.0).map(|least| least as f32),
            check: None,
            near: foreign
                .near
                .iter()
                .map(|(rule, lines)| NearSpec { rule: rule.clone(), lines: *lines })
                .collect(),
            paths: PathsSpec::default(),
            playbook: PLAYBOOK.to_owned(),
            examples: Vec::new(),
            example_path: None,
            counterexamples: Vec::new(),
            references: foreign.references.clone(),
        }
    }

    /// An id that neither blurt nor another rule of the pack has.
    fn free_id(&self, theirs: &str, others: &[Candidate]) -> String {
        let id = kebab(theirs);
        let taken = |id: &str| {
            let known = self.builtin.rules().iter().any(|rule| rule.is_called(id));
            known || others.iter().any(|other| other.spec.id == id)
        };
        let named = format!("{}-{id}", self.kind.name());
        let numbered = (2..).map(|n| format!("{named}-{n}"));
        let mut ids = [id, named.clone()].into_iter().chain(numbered);
        ids.find(|id| !taken(id)).unwrap_or(named)
    }

    /// The rules that report their examples, when all of them work beside blurt's own.
    fn tested(&mut self, mut candidates: Vec<Candidate>) -> Result<Vec<Candidate>, ImportError> {
        loop {
            self.settle_parts(&mut candidates);
            let detector = self.detector(&candidates)?;
            let results: Vec<_> =
                candidates.iter().map(|candidate| candidate.example(&detector)).collect();
            // What nothing reports leaves first: it may be all that another rule stands against.
            let silent = results.iter().any(|it| matches!(it, Err(Failure::Silent)));
            let mut left = Vec::new();
            let mut failed = false;
            for (mut candidate, result) in candidates.into_iter().zip(results) {
                match result {
                    Ok(example) => {
                        candidate.spec.examples = vec![example];
                        left.push(candidate);
                    }
                    Err(Failure::Silent) => {
                        failed = true;
                        let message = format!(
                            "`{}` is not imported: blurt takes what its pattern finds for no secret, or \
                             no example could be made for it",
                            candidate.theirs
                        );
                        self.remarks.lose(candidate.at, message);
                    }
                    Err(Failure::Covered(_)) if silent => left.push(candidate),
                    Err(Failure::Covered(by)) if failed && !self.is_own(&by) => {
                        left.push(candidate);
                    }
                    Err(Failure::Covered(by)) => {
                        failed = true;
                        self.cover(&candidate, by);
                    }
                }
            }
            candidates = left;
            if !failed {
                break;
            }
        }
        Ok(candidates)
    }

    fn is_own(&self, id: &str) -> bool {
        self.builtin.get(id).is_some()
    }

    fn cover(&mut self, candidate: &Candidate, by: String) {
        let whose = if self.is_own(&by) { "blurt's own " } else { "" };
        let message =
            format!("`{}` is not needed: {whose}`{by}` reports what it finds", candidate.theirs);
        self.remarks.note(candidate.at, message);
        self.summary.covered += 1;
        self.names.entry(candidate.theirs.clone()).or_default().push(by);
    }

    /// The candidates that a pack may hold; the others are named.
    fn loadable(&mut self, candidates: Vec<Candidate>) -> Result<Vec<Candidate>, ImportError> {
        let mut loadable = Vec::new();
        let plain = Detector::new(self.builtin.clone());
        for mut candidate in candidates {
            candidate.spec.examples = vec!["x".to_owned()];
            let text = pack::write(std::slice::from_ref(&candidate.spec))?;
            let loaded = RuleSet::builtin()?.add_pack(Path::new("pack"), text);
            let why = match loaded {
                _ if is_secret(&plain, &candidate.spec.pattern).is_some() => {
                    "its pattern is a secret itself: baselines and fingerprints name secrets without \
                     showing them"
                        .to_owned()
                }
                Ok(()) => {
                    loadable.push(candidate);
                    continue;
                }
                Err(e) => e.message,
            };
            let id = &candidate.theirs;
            self.remarks.lose(candidate.at, format!("`{id}` is not imported: {why}"));
        }
        Ok(loadable)
    }

    /// Gives the other parts of credentials the names that blurt has for them.
    fn settle_parts(&mut self, candidates: &mut [Candidate]) {
        let ids: BTreeMap<String, String> =
            candidates.iter().map(|it| (it.theirs.clone(), it.spec.id.clone())).collect();
        for candidate in candidates {
            let mut near = Vec::new();
            for part in std::mem::take(&mut candidate.spec.near) {
                let known = ids.values().any(|id| *id == part.rule) || self.is_own(&part.rule);
                match ids.get(&part.rule) {
                    Some(id) => near.push(NearSpec { rule: id.clone(), ..part }),
                    None if known => near.push(part),
                    None => {
                        let message = format!(
                            "`{}` is imported without its other part: there is no rule `{}` in the pack",
                            candidate.theirs, part.rule
                        );
                        self.remarks.note(candidate.at, message);
                    }
                }
            }
            candidate.spec.near = near;
        }
    }

    fn detector(&self, candidates: &[Candidate]) -> Result<Detector, ImportError> {
        let specs: Vec<RuleSpec> = candidates
            .iter()
            .map(|candidate| RuleSpec { examples: vec!["x".to_owned()], ..candidate.spec.clone() })
            .collect();
        let mut rules = self.builtin.clone();
        rules.add_pack(Path::new("pack"), pack::write(&specs)?)?;
        Ok(Detector::new(rules))
    }

    /// The suppressions, with the names that blurt has for rules.
    fn suppressions(
        &mut self,
        allowed: &[Allowed],
        rules: &[RuleSpec],
    ) -> Result<Vec<Suppression>, ImportError> {
        let mut all = self.builtin.clone();
        all.add_pack(Path::new("pack"), pack::write(rules)?)?;
        let detector = Detector::new(all);
        let mut suppressions = Vec::new();
        for allowed in allowed {
            let Some(rules) = self.rules_of(allowed) else { continue };
            self.summary.allowed += 1;
            for table in &allowed.tables {
                let mut table = Suppression { rules: rules.clone(), ..table.clone() };
                if table.reason.is_empty() {
                    let line = tree::position(self.text, allowed.at).line;
                    table.reason = format!("allowlist of {}:{line}", self.file);
                }
                suppressions.extend(self.without_secrets(table, allowed.at, &detector));
            }
        }
        Ok(suppressions)
    }

    /// The rules of an allowlist; `None` if it is for rules that there are not.
    fn rules_of(&mut self, allowed: &Allowed) -> Option<Vec<String>> {
        let mut rules = Vec::new();
        for id in &allowed.rules {
            let mut ours = self.names.get(id).cloned().unwrap_or_default();
            if ours.is_empty() {
                ours = equivalent::of(id, &self.builtin);
            }
            if ours.is_empty() {
                let message = format!(
                    "an allowlist of `{id}` is not taken over, as there is no such rule: if one of `blurt \
                     rules list` finds the same, write [[suppress]] with its id in `rules`"
                );
                self.remarks.lose(allowed.at, message);
            }
            rules.extend(ours);
        }
        rules.sort();
        rules.dedup();
        (allowed.rules.is_empty() || !rules.is_empty()).then_some(rules)
    }

    /// The same with fingerprints for values that are secrets themselves: nobody else shall read them.
    fn without_secrets(
        &mut self,
        mut table: Suppression,
        at: usize,
        detector: &Detector,
    ) -> Vec<Suppression> {
        let mut fingerprints = Vec::new();
        table.values.retain(|value| {
            let found = is_secret(detector, value);
            fingerprints.extend(found.clone());
            found.is_none()
        });
        if fingerprints.is_empty() {
            return vec![table];
        }
        let message = "values of an allowlist that are secrets themselves became `fingerprints`";
        self.remarks.note(at, message);
        let named = Suppression { fingerprints, values: Vec::new(), ..table.clone() };
        if table.values.is_empty() { vec![named] } else { vec![table, named] }
    }
}

/// Gives a rule its triggers: a text that every match holds, or the files that it is for, or a word in the
/// name of what holds the value.
fn trigger_by(
    spec: &mut RuleSpec,
    pattern: &Hir,
    foreign: &Foreign,
) -> Result<(), (Option<usize>, String)> {
    if let Some(found) = trigger::derive(pattern) {
        if found.is_common() && spec.confidence.is_none() {
            // A word that stands in all files says less than a token's prefix.
            spec.confidence = Some(Confidence::Medium);
        }
        (spec.prefixes, spec.literals) = (found.prefixes, found.literals);
        return Ok(());
    }
    if !spec.paths.only.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = foreign.words.iter().filter(|word| trigger::is_word(word)).collect();
    if words.is_empty() {
        let why = "nothing triggers it, as its pattern has no text of three characters that every match \
                   holds: add one to the pattern, or keywords = [...] that stand in the value's name";
        return Err((Some(foreign.pattern.span.start), why.to_owned()));
    }
    spec.keywords = words.into_iter().map(|word| word.to_ascii_lowercase()).collect();
    Ok(())
}

impl Candidate {
    /// The first template that the rule passes its test with.
    fn example(&self, detector: &Detector) -> Result<String, Failure> {
        let path = self.spec.example_path.as_deref().unwrap_or("example.txt");
        for template in &self.structured {
            match reporter(detector, path, template) {
                Some(other) if other != self.spec.id => return Err(Failure::Covered(other)),
                _ => {}
            }
        }
        let mut others = Vec::new();
        let known = self.spec.examples.first().filter(|text| *text != "x");
        for template in known.into_iter().chain(&self.structured).chain(&self.templates) {
            let spec = RuleSpec { examples: vec![template.clone()], ..self.spec.clone() };
            let rule = Rule::from(Sourced { file: String::new(), line: 1, value: spec });
            if test::test(detector, &rule).is_empty() {
                return Ok(template.clone());
            }
            others.push(reporter(detector, path, template));
        }
        // Of the plainest example, as the others stand in places of their own.
        match others.into_iter().next().flatten() {
            Some(other) if other != self.spec.id => Err(Failure::Covered(other)),
            _ => Err(Failure::Silent),
        }
    }
}

/// The rule that reports an example, if one does whatever the seed.
fn reporter(detector: &Detector, path: &str, template: &str) -> Option<String> {
    let mut reporters: Vec<String> = Vec::new();
    for seed in 0..SEEDS {
        let text = crate::rule::example::expand(template, seed).ok()? + "\n";
        let origin = Origin::file(path);
        let found = detector.detect(&Chunk::whole(&origin, text.as_bytes())).matches;
        let found = found.first().filter(|found| found.confidence >= Confidence::Medium)?;
        reporters.push(detector.rules().rules()[found.rule].id().to_owned());
    }
    reporters.into_iter().next()
}

/// The fingerprint of the secret that a regex is, if it is one.
fn is_secret(detector: &Detector, regex: &str) -> Option<String> {
    let plain = regex.trim_start_matches("(?i)").replace('\\', "");
    let origin = Origin::default();
    let found = detector.detect(&Chunk::whole(&origin, plain.as_bytes())).matches;
    let found = found.iter().find(|found| {
        let layer = detector.rules().rules()[found.rule].layer();
        layer == Layer::Structured && found.confidence >= Confidence::Medium
    })?;
    let rule = &detector.rules().rules()[found.rule];
    let value = found.value(&plain.as_bytes()[found.span.clone()]);
    Some(Fingerprint::new(rule.id(), &Secret::new(value, rule)).to_string())
}

/// An id in small letters, digits and dashes.
fn kebab(text: &str) -> String {
    let dashed =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let dashed: String = dashed.collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "rule".to_owned() } else { words.join("-") }
}

/// A title of one short line: what the tool calls the rule, or its id.
fn title(name: Option<&str>, id: &str) -> String {
    let mut line = name.unwrap_or_default().lines().next().unwrap_or_default().trim();
    for verb in ["Detected ", "Discovered ", "Found ", "Identified ", "Uncovered "] {
        line = line.strip_prefix(verb).unwrap_or(line);
    }
    for article in ["a ", "an ", "possible ", "potential "] {
        line = line.strip_prefix(article).unwrap_or(line);
    }
    // `Acme token, which may open doors.`
    let sentence = line.split(". ").next().and_then(|sentence| sentence.split([',', ';']).next());
    let sentence = sentence.unwrap_or_default().trim_end_matches('.').trim();
    if !sentence.is_empty() && sentence.chars().count() <= MAX_TITLE {
        return sentence.to_owned();
    }
    id.replace('-', " ")
}
