//! Puts steps in order: what the provider, the strategy and the store want, and the cleaning of this
//! place. Each is said once, and nothing that does not apply.

use super::decision::Decision;
use super::evidence::{Evidence, Reach};
use super::setting::{CiService, Setting};
use super::{Facts, Instruction, Part, Phase, Remedy};
use crate::finding::{Finding, Location, Status};
use crate::report::sanitize;
use crate::rule::{Action, Console, Playbook, Rule, RuleSet, Step, Store};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// What steps say of the places of a secret.
pub(super) struct Words {
    /// The file that is named in steps, or what it is instead of a file.
    path: String,
    /// Its 1-based line.
    line: String,
    /// All places in the working tree: `config.py, line 3, and 2 other places`.
    tree: Option<String>,
    /// The message that holds it, if one does.
    message: Option<String>,
    /// Whether the provider has surely issued it.
    issued: bool,
}

impl Words {
    /// The words for a finding.
    pub(super) fn of(finding: &Finding, evidence: &Evidence) -> Self {
        let primary = finding.primary();
        let of_message = |place: &&Location| place.origin.path.is_none() && place.past.is_some();
        let name = |place: &Location| sanitize(&place.name()).into_owned();
        let tree: Vec<&Location> = if evidence.in_tree {
            finding.locations.iter().filter(|place| place.is_in_tree()).collect()
        } else {
            Vec::new()
        };
        let tree = tree.split_first().map(|(first, more)| {
            let more = match more.len() {
                0 => String::new(),
                1 => ", and from 1 other place".into(),
                n => format!(", and from {n} other places"),
            };
            format!("{}, line {}{more}", name(first), first.start.line)
        });
        Self {
            path: name(primary),
            line: primary.start.line.to_string(),
            tree,
            message: finding.locations.iter().find(of_message).map(name),
            issued: finding.verification.status == Status::ChecksumValid,
        }
    }

    /// The words for any place.
    pub(super) fn in_general() -> Self {
        Self {
            path: "the file".into(),
            line: "of the finding".into(),
            tree: Some("the file".into()),
            message: None,
            issued: true,
        }
    }
}

/// All that steps are made of.
pub(super) struct Composer<'a> {
    pub evidence: &'a Evidence,
    pub rule: &'a Rule,
    pub playbook: &'a Playbook,
    pub decision: &'a Decision,
    pub words: Words,
    pub rules: &'a RuleSet,
    /// Where the credential is managed, once that was looked up among all providers.
    pub console: OnceCell<Option<&'a Console>>,
}

impl Composer<'_> {
    /// The remedy.
    pub(super) fn remedy(&self) -> Remedy {
        let Decision { strategy, reasons, store } = self.decision;
        let why = std::iter::once(self.fill(&self.playbook.why));
        let why = why.chain(reasons.iter().map(|reason| reason.because.clone()));
        let mut references = strategy.references.clone();
        let store_references = store.iter().flat_map(|store| &store.references);
        for reference in self.playbook.references.iter().chain(store_references) {
            if !references.contains(reference) {
                references.push(reference.clone());
            }
        }
        Remedy {
            action: strategy.action,
            strategy: strategy.id.clone(),
            summary: self.fill(&strategy.summary),
            why: why.collect::<Vec<_>>().join(" "),
            reasons: reasons.clone(),
            facts: Some(self.facts()),
            steps: self.steps(),
            references,
        }
    }

    fn facts(&self) -> Facts {
        let Evidence { platform, role, name, .. } = self.evidence;
        Facts {
            credential: self.evidence.credential,
            function: self.playbook.function,
            platform: platform.name().to_owned(),
            role: *role,
            store: self.decision.store.as_ref().map(|store| store.id.clone()),
            rotates: self.playbook.rotates,
            assigned_to: (!name.is_empty()).then(|| sanitize(name).into_owned()),
        }
    }

    fn steps(&self) -> Vec<Instruction> {
        let phases = if self.evidence.is_exposed() {
            [Phase::Contain, Phase::Replace, Phase::Clean, Phase::Watch]
        } else {
            [Phase::Replace, Phase::Clean, Phase::Contain, Phase::Watch]
        };
        let of_phase = |phase| {
            let steps = match phase {
                Phase::Contain => self.contain(),
                Phase::Replace => self.replace(),
                Phase::Clean => self.clean(),
                Phase::Watch => self.watch(),
            };
            steps.into_iter().map(move |(part, Step { what, command })| Instruction {
                phase,
                part,
                what,
                command,
            })
        };
        let unstaged = (self.evidence.reach == Reach::Staged).then(|| Instruction {
            phase: Phase::Contain,
            part: Part::Code,
            what:
                "Do not commit it: take the file out of the index. Nobody else has the value yet."
                    .into(),
            command: Some("git restore --staged FILE".into()),
        });
        let mut steps: Vec<Instruction> =
            unstaged.into_iter().chain(phases.into_iter().flat_map(of_phase)).collect();
        let mut given = BTreeSet::new();
        for step in &mut steps {
            // A new value is made once, whether the old one is revoked before or after.
            step.command = step.command.take().filter(|command| given.insert(command.clone()));
        }
        steps
    }

    /// How the old value is revoked, if it can open anything.
    fn contain(&self) -> Vec<(Part, Step)> {
        if self.evidence.worth.is_nothing() {
            return Vec::new();
        }
        let removed = self.decision.strategy.action == Action::Remove;
        let may_be_nothing = removed
            && !self.words.issued
            && !matches!(self.decision.strategy.id.as_str(), "remove-session" | "remove-test-key");
        let mut steps = Vec::new();
        if may_be_nothing {
            let look = "Find out whether it opens anything. If nobody ever used it for something real, go on with the cleaning; otherwise:";
            steps.push((Part::Provider, step(look)));
        }
        steps.extend(self.all(Part::Provider, &self.playbook.check));
        steps.extend(self.all(Part::Provider, &self.playbook.contain));
        steps
    }

    /// What takes its place.
    fn replace(&self) -> Vec<(Part, Step)> {
        let mut steps = Vec::new();
        if self.decision.store.is_some() {
            steps.extend(self.all(Part::Provider, &self.playbook.replace));
        }
        steps.extend(self.all(Part::Strategy, &self.decision.strategy.steps));
        if let Some(store) = &self.decision.store {
            steps.extend(self.all(Part::Store, &store.put));
            steps.extend(self.fetch(store).map(|step| (Part::Code, step)));
            let by_hand =
                "Give its renewal an owner and a date, at least every 30 days from now on.";
            let rotate = store.rotate.as_ref().filter(|_| self.playbook.rotates);
            steps.push(match rotate {
                Some(rotate) => (Part::Store, self.filled(rotate)),
                None => (Part::Provider, step(by_hand)),
            });
        }
        steps
    }

    /// How the code gets it from the store, in a file like this and on a platform like this.
    fn fetch(&self, store: &Store) -> Option<Step> {
        let setting = match self.evidence.setting {
            Setting::Terraform => "terraform",
            Setting::CloudFormation => "cloudformation",
            Setting::Dockerfile => "dockerfile",
            Setting::Compose => "compose",
            Setting::EnvFile => "env-file",
            Setting::Notebook => "notebook",
            Setting::Ci(CiService::GitHub) => "github-actions",
            Setting::Ci(CiService::GitLab) => "gitlab-ci",
            Setting::Ci(_) => "ci",
            _ => "",
        };
        let platform = self.evidence.platform.name();
        if let Some(known) = store.fetch.get(setting).or_else(|| store.fetch.get(platform)) {
            return Some(self.filled(known));
        }
        let mut any = self.filled(store.fetch.get("any")?);
        if let Setting::Code(language) = self.evidence.setting
            && let Some(library) = store.libraries.get(language.name())
        {
            any.what += &format!(" The library for this language is {library}.");
        }
        Some(any)
    }

    /// How the old value goes from files and history.
    fn clean(&self) -> Vec<(Part, Step)> {
        let subject = self.called();
        let mut steps = Vec::new();
        match (&self.words.tree, &self.words.message) {
            (Some(places), _) => {
                steps.push((Part::Place, step(&format!("Delete the {subject} from {places}."))));
                steps.extend(self.beside_deletion().map(|hint| (Part::Code, step(hint))));
            }
            (None, Some(message)) => steps.push((Part::History, Step {
                what: format!("The {subject} stands in {message}. Rewrite the message in a fresh clone, with the value in a 0600 file outside the repository; force-push, and delete the file."),
                command: Some("git filter-repo --sensitive-data-removal --replace-message REPLACEMENTS_FILE".into()),
            })),
            (None, None) => {}
        }
        if self.words.message.is_none() || self.words.tree.is_some() {
            steps.extend(self.history().map(|step| (Part::History, step)));
        }
        steps
    }

    /// What a file of that kind wants when something is deleted from it.
    fn beside_deletion(&self) -> Option<&'static str> {
        Some(match self.evidence.setting {
            Setting::EnvFile => {
                "Keep the file out of git: list it in .gitignore, and commit a .env.example with names alone."
            }
            Setting::Notebook => "Clear the notebook's outputs, which may show the value too.",
            Setting::Terraform => {
                "The state holds the value too: keep it in an encrypted backend, never in git."
            }
            Setting::Dockerfile => {
                "Images that were built from it hold the value in their layers: build them anew, and delete the old ones from the registry."
            }
            _ => return None,
        })
    }

    fn history(&self) -> Option<Step> {
        let dead = match self.decision.strategy.action {
            Action::Remove => "",
            Action::Replace | Action::Rotate => "once the old value is dead, ",
        };
        let clean = format!(
            "{dead}clean the history in a fresh clone, with the value in a 0600 file outside the repository."
        );
        let rewrite = "git filter-repo --sensitive-data-removal --replace-text REPLACEMENTS_FILE";
        let (what, command) = match self.evidence.reach {
            Reach::Pushed => (
                format!(
                    "{} Force-push all branches and tags, ask the host to drop cached views and pull-request refs, and everybody to clone again. What was pushed stays compromised even so.",
                    capital(&clean)
                ),
                rewrite,
            ),
            Reach::Committed => (
                format!(
                    "{} Do so before anything is pushed; with a remote that has the commits already, force-push, and ask everybody to clone again.",
                    capital(&clean)
                ),
                rewrite,
            ),
            Reach::Unknown => (
                format!(
                    "See whether the history holds it too. If so, {clean} Force-push, and ask everybody to clone again."
                ),
                "blurt scan --history",
            ),
            Reach::Staged | Reach::Uncommitted | Reach::NoRepository => return None,
        };
        Some(Step { what, command: Some(command.into()) })
    }

    fn watch(&self) -> Vec<(Part, Step)> {
        if self.evidence.worth.is_nothing() {
            return Vec::new();
        }
        let mut steps = self.all(Part::Provider, &self.playbook.watch);
        steps.extend(self.all(Part::Strategy, &self.decision.strategy.watch));
        if let Some(store) = &self.decision.store {
            steps.extend(self.all(Part::Store, &store.watch));
        }
        steps
    }

    fn all(&self, part: Part, steps: &[Step]) -> Vec<(Part, Step)> {
        steps.iter().map(|step| (part, self.filled(step))).collect()
    }

    fn filled(&self, step: &Step) -> Step {
        // A command is pasted into a shell: nothing of the scanned tree goes into it.
        Step { what: self.fill(&step.what), command: step.command.clone() }
    }

    fn fill(&self, text: &str) -> String {
        let store = self.decision.store.as_ref().map_or("a secrets store", |store| &store.name);
        let issuer = self.issuer();
        let values = [
            ("{title}", self.rule.spec().name.as_str()),
            ("{provider}", issuer.unwrap_or(NO_ISSUER)),
            ("{console}", &self.console()),
            ("{subject}", &self.playbook.subject),
            ("{store}", store),
            ("{path}", &self.words.path),
            ("{line}", &self.words.line),
        ];
        // One pass, so that what a path holds is not taken for a placeholder.
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let known = values.iter().find(|(name, _)| rest.starts_with(name));
            let (name, value) = known.unwrap_or(&("{", "{"));
            filled.push_str(value);
            rest = &rest[name.len()..];
        }
        filled + rest
    }

    /// What the secret is called where nothing else says what it is: by its title, without what stands
    /// there in brackets, or by its kind, if that says nothing.
    fn called(&self) -> &str {
        let title = &self.rule.spec().name;
        match self.rule.provider() {
            Some(_) => title.split(" (").next().unwrap_or(title),
            None => &self.playbook.subject,
        }
    }

    /// The issuer, if the credential is one that somebody issues.
    fn issuer(&self) -> Option<&str> {
        use crate::rule::Credential as C;
        let own = [
            C::SshKey,
            C::DatabasePassword,
            C::ApplicationPassword,
            C::ApplicationSecret,
            C::CertificateKey,
            C::CryptographicKey,
        ];
        let named = self.rule.spec().provider.is_some();
        if own.contains(&self.playbook.credential) && !named && self.known_console().is_none() {
            return None;
        }
        // What people call it, without words for a kind of its credentials.
        let console = self.known_console().map(|console| console.provider.as_str());
        console.or_else(|| self.rule.provider())
    }

    fn known_console(&self) -> Option<&Console> {
        *self.console.get_or_init(|| self.rules.console(self.rule))
    }

    /// Where the credential is managed, in words.
    fn console(&self) -> String {
        let Some(issuer) = self.issuer() else { return NO_ISSUER.into() };
        if let Some(console) = self.known_console() {
            let path = console.path.as_ref().map(|path| format!(", {path}")).unwrap_or_default();
            return format!("the {} console{path} ({})", console.provider, console.url);
        }
        match self.rule.spec().references.first() {
            Some(reference) => format!("the {issuer} console (documentation: {reference})"),
            None => format!("the {issuer} console"),
        }
    }
}

/// What steps say where no issuer is known.
const NO_ISSUER: &str = "the system that it opens";

fn step(what: &str) -> Step {
    Step { what: what.to_owned(), command: None }
}

/// The words with a capital letter at their beginning.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
