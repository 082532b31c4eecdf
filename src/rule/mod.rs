//! Rules: `RuleSpec` is what stands in TOML, `Rule` is what detection uses, `RuleSet` is all of them.

mod embedded;
pub mod example;
mod load;
mod name_glob;
pub mod provider;
pub mod spec;
pub mod test;
mod title;

pub use load::RuleError;
pub use spec::{
    Action, Confidence, Console, Credential, Function, Layer, Playbook, RuleSpec, Severity,
    Sourced, Step, Store, Strategy, Triggers,
};

use crate::detect::check::{self, Check};
use bstr::{BStr, ByteSlice};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use name_glob::NameGlob;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::hir::literal::Extractor;
use spec::EmbeddedRule;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Bytes on both sides of a trigger that a pattern may look at, unless its rule says more.
pub const DEFAULT_REACH: usize = 256;

/// The most that a rule may ask for as its reach. Everything that makes a finding lies within it.
pub const MAX_REACH: usize = 32 * 1024;

/// A rule ready for use: what triggers it is at hand, the rest is decoded, and its regex compiled, the
/// first time that it is needed.
pub struct Rule {
    id: Cow<'static, str>,
    layer: Layer,
    triggers: Triggers<'static>,
    /// The rule as written. In a box, as most rules of a scan never need it: what stands here is paged in
    /// for all of them.
    written: OnceLock<Box<Sourced<RuleSpec>>>,
    /// What a built-in rule is decoded from.
    embedded: &'static [u8],
    regex: OnceLock<Option<Regex>>,
    paths: OnceLock<Box<(GlobSet, GlobSet)>>,
    begins_with_prefix: OnceLock<bool>,
    /// The last parts of the globs of files that the rule is for.
    names: OnceLock<Vec<NameGlob>>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<Sourced<RuleSpec>> for Rule {
    fn from(written: Sourced<RuleSpec>) -> Self {
        let spec = &written.value;
        let (id, layer, triggers) = (spec.id.clone().into(), spec.layer(), spec.triggers());
        Self { written: Box::new(written).into(), ..Self::new(id, layer, triggers) }
    }
}

impl From<(EmbeddedRule<'static>, &'static [u8])> for Rule {
    fn from((rule, embedded): (EmbeddedRule<'static>, &'static [u8])) -> Self {
        let id = Cow::Borrowed(rule.id);
        Self { embedded, ..Self::new(id, rule.layer, rule.triggers) }
    }
}

impl Rule {
    fn new(id: Cow<'static, str>, layer: Layer, triggers: Triggers<'static>) -> Self {
        Self {
            id,
            layer,
            triggers,
            written: OnceLock::new(),
            embedded: &[],
            regex: OnceLock::new(),
            paths: OnceLock::new(),
            begins_with_prefix: OnceLock::new(),
            names: OnceLock::new(),
        }
    }

    fn written(&self) -> &Sourced<RuleSpec> {
        self.written.get_or_init(|| Box::new(embedded::decode(self.embedded)))
    }

    /// The rule's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What brings the rule to work.
    #[must_use]
    pub fn triggers(&self) -> &Triggers<'static> {
        &self.triggers
    }

    /// Whether everything that the pattern matches begins with one of the rule's prefixes, so that no match
    /// stands anywhere else than right at a prefix.
    #[must_use]
    pub fn begins_with_prefix(&self) -> bool {
        *self.begins_with_prefix.get_or_init(|| {
            let parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
            let Ok(pattern) = { parser }.parse(&self.spec().pattern) else { return false };
            let beginnings = Extractor::new().extract(&pattern);
            let RuleSpec { prefixes, literals, .. } = self.spec();
            let is_prefix = |beginning: &[u8]| {
                let mut prefixes = prefixes.iter().map(String::as_bytes);
                prefixes.any(|prefix| beginning.starts_with(prefix))
            };
            let all = beginnings.literals().unwrap_or_default();
            literals.is_empty()
                && !all.is_empty()
                && all.iter().all(|one| is_prefix(one.as_bytes()))
        })
    }

    /// The rank of the rule among others on the same bytes.
    #[must_use]
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// Who issues the rule's credentials, as far as its title says.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        let spec = self.spec();
        spec.provider.as_deref().or_else(|| title::provider(&spec.name))
    }

    /// The rule as written.
    #[must_use]
    pub fn spec(&self) -> &RuleSpec {
        &self.written().value
    }

    /// The pack file that it stands in.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.written().file
    }

    /// 1-based line in that file.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.written().line
    }

    /// The offline verification that the rule names.
    #[must_use]
    pub fn check(&self) -> Option<&'static dyn Check> {
        self.spec().check.as_deref().and_then(check::by_name)
    }

    /// The pattern, compiled. `None` only for a rule that did not pass the checks of `load`.
    pub fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| compile(self.spec()).ok()).as_ref()
    }

    /// What the rule alone earns, before checks and filters have spoken.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.spec().confidence.unwrap_or(match self.layer() {
            Layer::Structured => Confidence::High,
            Layer::Named | Layer::Generic | Layer::Password => Confidence::Medium,
        })
    }

    /// Bytes on both sides of a trigger that the pattern may look at.
    #[must_use]
    pub fn reach(&self) -> usize {
        self.spec().reach.map_or(DEFAULT_REACH, |reach| reach as usize)
    }

    /// Whether the rule works in the file named `path`.
    #[must_use]
    pub fn covers(&self, path: Option<&BStr>) -> bool {
        let spec = &self.spec().paths;
        if spec.only.is_empty() && spec.except.is_empty() {
            return true;
        }
        let name = file_name(path.unwrap_or_default());
        if !spec.only.is_empty() && !self.may_cover(name) {
            return false;
        }
        let paths = self.paths.get_or_init(|| {
            let set = |patterns| globs(patterns).unwrap_or_default();
            Box::new((set(&spec.only), set(&spec.except)))
        });
        let (only, except) = &**paths;
        let path = path.map(|path| path.to_ascii_lowercase()).unwrap_or_default();
        let path = path.to_path_lossy();
        (spec.only.is_empty() || only.is_match(&path)) && !except.is_match(&path)
    }

    /// Whether the rule may work in a file called `name`, whatever folders it stands in. Building a matcher
    /// takes longer than looking through a small file.
    #[must_use]
    pub fn may_cover(&self, name: &[u8]) -> bool {
        let names = self.name_globs();
        names.is_empty() || names.iter().any(|glob| glob.may_match(name))
    }

    /// Whether the rule may work in a file whose name ends with `byte`, a small letter or no letter.
    #[must_use]
    pub fn may_cover_names_with(&self, byte: u8) -> bool {
        let names = self.name_globs();
        names.is_empty() || names.iter().any(|glob| glob.may_end_with(byte))
    }

    fn name_globs(&self) -> &[NameGlob] {
        let names = || self.spec().paths.only.iter().map(|glob| NameGlob::new(glob)).collect();
        let names: &Vec<NameGlob> = self.names.get_or_init(names);
        names
    }

    /// Whether `name` is the rule's id, one of its earlier ids, or its kind.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.spec().kind == name || self.spec().aliases.iter().any(|a| a == name)
    }
}

/// Compiles the pattern: over bytes, without Unicode classes, as they are slow to build and secrets
/// are ASCII. A keyword rule's pattern has to match the whole value.
fn compile(spec: &RuleSpec) -> Result<Regex, String> {
    let syntax = syntax::Config::new().unicode(false).utf8(false).multi_line(true);
    let whole = format!(r"\A(?:{})\z", spec.pattern);
    let pattern = if spec.keywords.is_empty() { &spec.pattern } else { &whole };
    // Windows are small: large caches would only be memory, a one-pass automaton slow to build.
    let config = Regex::config().hybrid_cache_capacity(512 * 1024).onepass(false);
    Regex::builder()
        .configure(config)
        .syntax(syntax)
        .build(pattern)
        .map_err(|e| e.syntax_error().map_or_else(|| e.to_string(), |syntax| format!("{syntax}")))
}

fn globs(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        // In lower case, as paths are: globs that ignore case are all regexes, plain names are not.
        set.add(GlobBuilder::new(&pattern.to_lowercase()).literal_separator(true).build()?);
    }
    set.build()
}

fn file_name(path: &BStr) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or_default()
}

/// All rules and playbooks of a scan.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: Vec<Arc<Rule>>,
    /// Playbooks of other packs than the built-in ones, which are decoded when one is needed.
    playbooks: BTreeMap<String, Arc<Playbook>>,
    /// The store that secrets shall be kept in, if the configuration names one.
    store: Option<Arc<Store>>,
}

impl RuleSet {
    /// The rules that are built into the binary.
    ///
    /// # Errors
    ///
    /// When the embedded packs are flawed, which the test suite excludes.
    pub fn builtin() -> Result<Self, RuleError> {
        let rules = embedded::rules()?.into_iter().map(|rule| Arc::new(Rule::from(rule)));
        Ok(Self { rules: rules.collect(), ..Self::default() })
    }

    /// Adds the pack file at `path`: its rules override those of the same id, and its `disable`
    /// removes rules.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or anything in it is wrong; the error says where.
    pub fn add_file(&mut self, path: &Path) -> Result<(), RuleError> {
        self.add(load::pack(path)?)
    }

    /// The same for a pack whose text is at hand. Errors name `path`.
    ///
    /// # Errors
    ///
    /// When anything in it is wrong; the error says where.
    pub fn add_pack(&mut self, path: &Path, text: String) -> Result<(), RuleError> {
        self.add(load::pack_of(path, text)?)
    }

    fn add(&mut self, pack: load::Pack) -> Result<(), RuleError> {
        for id in &pack.disable {
            self.rules.retain(|rule| rule.id != id.value);
        }
        for playbook in pack.playbooks {
            self.playbooks.insert(playbook.value.id.clone(), Arc::new(playbook.value));
        }
        for sourced in pack.rules {
            let place = (sourced.file.clone(), sourced.line);
            let at = |flaw: load::Flaw| RuleError::in_table(&pack.text, &place.0, place.1, flaw);
            if let Some(flaw) = self.lacks(&sourced.value) {
                return Err(at(flaw));
            }
            let rule = Arc::new(Rule::from(sourced));
            match self.rules.iter_mut().find(|known| known.id == rule.id) {
                Some(known) => *known = rule,
                None => self.rules.push(rule),
            }
        }
        Ok(())
    }

    /// Checks everything that loading the embedded packs takes for granted: patterns, ids, triggers,
    /// examples, playbooks and the rules named in `near`.
    ///
    /// # Errors
    ///
    /// All flaws found, by file and line.
    pub fn check(&self) -> Result<(), Vec<RuleError>> {
        let mut ids = BTreeSet::new();
        let flaws: Vec<RuleError> = self
            .rules
            .iter()
            .filter_map(|rule| {
                let names = rule.spec().aliases.iter().map(String::as_str).chain([rule.id()]);
                let repeated = names.filter(|name| !ids.insert(*name)).last();
                let flaw = repeated
                    .map(|id| load::Flaw::new("id", format!("there is another rule `{id}`")))
                    .or_else(|| load::flaw(rule.spec()))
                    .or_else(|| self.lacks(rule.spec()))
                    .or_else(|| self.dangling(rule))?;
                Some(RuleError::in_table("", rule.file(), rule.line(), flaw))
            })
            .collect();
        if flaws.is_empty() { Ok(()) } else { Err(flaws) }
    }

    /// The playbook or check that a rule names and that is not there.
    fn lacks(&self, rule: &RuleSpec) -> Option<load::Flaw> {
        if self.playbook_of(rule).is_none() {
            let text = format!("there is no playbook `{}`", rule.playbook);
            return Some(load::Flaw::new("playbook", text));
        }
        let name = rule.check.as_deref().filter(|name| check::by_name(name).is_none())?;
        let known = check::names().join(", ");
        Some(load::Flaw::new("check", format!("there is no check `{name}`; there are: {known}")))
    }

    fn playbook_of(&self, rule: &RuleSpec) -> Option<&Arc<Playbook>> {
        self.playbook_called(&rule.playbook)
    }

    fn dangling(&self, rule: &Rule) -> Option<load::Flaw> {
        let other = rule.spec().near.iter().find(|near| self.get(&near.rule).is_none())?;
        Some(load::Flaw::new("near", format!("there is no rule `{}`", other.rule)))
    }

    /// Keeps only the rules for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&Rule) -> bool) {
        self.rules.retain(|rule| keep(rule));
    }

    /// The rules, in the order of the packs.
    #[must_use]
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The rule of that id or earlier id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        let called = |rule: &&Arc<Rule>| rule.spec().aliases.iter().any(|alias| alias == id);
        let by_id = self.rules.iter().find(|rule| rule.id == id);
        by_id.or_else(|| self.rules.iter().find(called))
    }

    /// The playbook of a rule. Loading a rule without one is an error.
    #[must_use]
    pub fn playbook(&self, rule: &Rule) -> Option<&Arc<Playbook>> {
        self.playbook_of(rule.spec())
    }

    /// The strategy of that id.
    #[must_use]
    pub fn strategy(&self, id: &str) -> Option<&Arc<Strategy>> {
        embedded::KNOWN.strategies.get(id)
    }

    /// All strategies, by id.
    pub fn strategies(&self) -> impl Iterator<Item = &Arc<Strategy>> {
        embedded::KNOWN.strategies.values()
    }

    /// The store of that id.
    #[must_use]
    pub fn store(&self, id: &str) -> Option<&Arc<Store>> {
        embedded::KNOWN.stores.get(id)
    }

    /// All stores, by id.
    pub fn stores(&self) -> impl Iterator<Item = &Arc<Store>> {
        embedded::KNOWN.stores.values()
    }

    /// The store that secrets shall be kept in, if somebody has said so.
    #[must_use]
    pub fn preferred_store(&self) -> Option<&Arc<Store>> {
        self.store.as_ref()
    }

    /// Prefers the store of that id; says whether there is one.
    pub fn prefer_store(&mut self, id: &str) -> bool {
        self.store = self.store(id).cloned();
        self.store.is_some()
    }

    /// Where the credentials of a rule are managed, if the provider is known.
    #[must_use]
    pub fn console(&self, rule: &Rule) -> Option<&Console> {
        let spec = rule.spec();
        let name = spec.provider.as_ref().unwrap_or(&spec.name);
        embedded::KNOWN.consoles.iter().find(|console| title::begins_with(name, &console.provider))
    }

    /// The playbook of that id.
    #[must_use]
    pub fn playbook_called(&self, id: &str) -> Option<&Arc<Playbook>> {
        self.playbooks.get(id).or_else(|| embedded::KNOWN.playbooks.get(id))
    }

    /// All playbooks, those of other packs before the built-in ones that they do not replace.
    pub fn playbooks(&self) -> impl Iterator<Item = &Arc<Playbook>> {
        let own = &self.playbooks;
        let builtin =
            embedded::KNOWN.playbooks.values().filter(|known| !own.contains_key(&known.id));
        own.values().chain(builtin)
    }
}
