//! From the findings of a scan to a plan: what to do first, who does it, where each secret goes, and what
//! it is called there. A plan is made of a report alone, fresh or saved, and of the files around it.

pub mod application;
mod author;
pub mod emit;
pub mod entry;
pub mod environment;
pub mod format;
pub(crate) mod name;
pub mod outline;
pub mod owner;
pub mod references;

pub use entry::{Effort, Entry, Inventory, Move, Place, Stage};

use crate::finding::Status;
use crate::remedy::surroundings::{self, Surroundings};
use crate::remedy::{Instruction, Part, Phase, Remedy};
use crate::report::saved::{Finding, Location, Report};
use crate::rule::{Action, Function, RuleSet, Severity};
use application::Applications;
use jiff::Timestamp;
use name::Names;
use owner::{Authors, Owners};
use references::References;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Days after which a secret is to be renewed (AWS Secrets Manager, best practices).
pub const OLDEST: i64 = 30;

/// What to do about all findings of a scan, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One for each secret, the most urgent first.
    pub entries: Vec<Entry>,
    /// Findings that triage knows or excuses, and that are left out.
    pub left_out: usize,
    /// What the scan could not look at, each with its reason.
    pub not_scanned: Vec<String>,
    /// The day that ages are counted to, as `2026-05-01`.
    pub day: String,
}

/// What a plan is made with, beside the report.
pub struct Planner<'a> {
    /// What is known of strategies.
    pub rules: &'a RuleSet,
    /// The files around the places.
    pub around: &'a dyn Surroundings,
    /// The folder that the report's paths start from.
    pub root: &'a Path,
    /// The time that ages are counted to.
    pub now: Timestamp,
    /// Whether to ask the history who has written each line, which takes a while.
    pub blames: bool,
}

impl Planner<'_> {
    /// The plan for the findings of a report that are new.
    #[must_use]
    pub fn plan(&self, report: &Report) -> Plan {
        let (new, rest): (Vec<_>, Vec<_>) =
            report.findings.iter().partition(|finding| finding.status == "new");
        let references = References::search(self.root, &new);
        let (repository, below) = repository(self.root, self.around);
        let lookups = Lookups {
            below,
            owners: Owners::find(&repository),
            authors: Authors::new(&repository),
            applications: Applications::new(self.around),
        };
        let mut entries: Vec<Entry> =
            new.iter().map(|finding| self.entry(finding, &lookups, &references)).collect();
        entries.sort_by(|a, b| a.rank().cmp(&b.rank()));
        // Names are given in order, so that they stay the same as long as the plan does.
        let mut names = Names::default();
        for entry in &mut entries {
            let Inventory { application, function, environment, .. } = &entry.inventory;
            let assigned =
                entry.remedy.facts.as_ref().and_then(|facts| facts.assigned_to.as_deref());
            let own = assigned.filter(|name| !name::says_nothing(name)).unwrap_or(&entry.kind);
            entry.name = names.give(application, *function, environment, own);
            entry.tags = tags(&entry.inventory);
        }
        let skipped = report.coverage.skipped.iter();
        Plan {
            entries,
            left_out: rest.len(),
            not_scanned: skipped.map(ToString::to_string).collect(),
            day: self.now.strftime("%Y-%m-%d").to_string(),
        }
    }

    fn entry(&self, finding: &Finding, lookups: &Lookups, references: &References) -> Entry {
        let mut remedy = finding.remediation.clone();
        if let Some(name) = references.missing(finding)
            && let Some(strategy) = self.rules.strategy("remove-unused")
            && remedy.action != Action::Remove
        {
            let stays = |step: &Instruction| {
                step.phase != Phase::Replace && !matches!(step.part, Part::Strategy | Part::Store)
            };
            remedy.steps.retain(stays);
            remedy.action = strategy.action;
            remedy.strategy.clone_from(&strategy.id);
            remedy.summary = strategy.summary.replace("{subject}", &finding.title);
            // Why it would be kept, and where, is of no interest any more.
            remedy
                .reasons
                .retain(|reason| !["credential", "store"].contains(&reason.evidence.as_str()));
            remedy.note("references", format!("Nothing else in the tree speaks of {name}."));
            if let Some(facts) = &mut remedy.facts {
                facts.store = None;
            }
        }
        let inventory = self.inventory(finding, lookups);
        let strategy = self.rules.strategy(&remedy.strategy);
        let strategy = strategy.map_or(remedy.strategy.as_str(), |strategy| &strategy.name);
        let (decision, because) = decide(finding, &remedy, strategy);
        Entry {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            title: finding.title.clone(),
            kind: finding.kind.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            secret: finding.secret.clone(),
            stage: stage(finding),
            decision,
            because,
            effort: effort(remedy.action, &finding.locations),
            inventory,
            name: String::new(),
            tags: BTreeMap::new(),
            places: places(finding),
            remedy,
        }
    }

    fn inventory(&self, finding: &Finding, lookups: &Lookups) -> Inventory {
        let place = telling(finding);
        let path = place.path.clone().unwrap_or_default();
        let in_repository = format!("{}{}", lookups.below, path.trim_start_matches("./"));
        let facts = finding.remediation.facts.as_ref();
        let assigned = facts.and_then(|facts| facts.assigned_to.as_deref()).unwrap_or_default();
        let written = (self.blames && place.is_in_tree())
            .then(|| lookups.authors.of(&in_repository, place.start_line))
            .flatten();
        let last =
            finding.locations.iter().filter(|place| place.author.is_some()).max_by_key(|p| p.date);
        let author = written.as_ref().map(|author| author.name_and_address.clone());
        let author = author.or_else(|| last.and_then(|place| place.author.clone()));
        let (owner, owner_from) = match lookups.owners.of(&in_repository) {
            Some((owner, from)) => (Some(owner), Some(from)),
            None => (author.clone(), author.map(|_| "the last author".to_owned())),
        };
        let age = |date: Timestamp| self.now.duration_since(date).as_hours() / 24;
        let age_days = finding.exposure.age_days.or_else(|| written.map(|author| age(author.date)));
        let (application, application_from) = lookups.applications.of(&path);
        let environment = environment::of(&path, assigned, &finding.verification.facts);
        Inventory {
            owner,
            owner_from,
            application: application::tag(&application),
            application_from,
            environment: environment.as_ref().map_or("prod", |(name, _)| name).to_owned(),
            environment_from: environment.map(|(_, because)| because),
            classification: classification(finding.severity).to_owned(),
            function: facts.map_or(Function::Api, |facts| facts.function),
            age_days,
            overdue: age_days.is_some_and(|days| days > OLDEST),
        }
    }
}

/// Where owners and applications are looked up.
struct Lookups<'a> {
    /// The way from the repository's root to the folder that paths start from, ending in a slash.
    below: String,
    owners: Owners,
    authors: Authors,
    applications: Applications<'a>,
}

/// The root of the repository that `folder` lies in, and the way from there; the folder itself if it is in
/// none.
fn repository(folder: &Path, around: &dyn Surroundings) -> (PathBuf, String) {
    let here = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let here: PathBuf = here.components().collect();
    let root = surroundings::repository(&here, around).unwrap_or_else(|| here.clone());
    let below = here.strip_prefix(&root).unwrap_or(Path::new(""));
    let mut below = below.to_string_lossy().replace('\\', "/");
    if !below.is_empty() {
        below.push('/');
    }
    (root, below)
}

/// The place that tells the most of who needs the secret: one that is there now.
fn telling(finding: &Finding) -> &Location {
    static NOWHERE: std::sync::LazyLock<Location> = std::sync::LazyLock::new(Location::default);
    let in_tree = finding.locations.iter().find(|place| place.is_in_tree());
    in_tree
        .or_else(|| finding.locations.iter().find(|place| place.path.is_some()))
        .unwrap_or(&NOWHERE)
}

fn stage(finding: &Finding) -> Stage {
    let committed = finding.locations.iter().any(|place| place.commit.is_some());
    match (finding.exposure.pushed, finding.exposure.in_history) {
        (Some(true), _) => Stage::Incident,
        (_, Some(true)) => Stage::History,
        _ if committed => Stage::History,
        _ => Stage::Files,
    }
}

/// Highest values are what a breach would hurt most with.
fn classification(severity: Severity) -> &'static str {
    if severity >= Severity::High { "confidential" } else { "protected" }
}

fn effort(action: Action, locations: &[Location]) -> Effort {
    let effort = match action {
        Action::Remove => Effort::Small,
        Action::Rotate => Effort::Medium,
        Action::Replace => Effort::Large,
    };
    if effort == Effort::Medium && locations.len() > 10 { Effort::Large } else { effort }
}

/// Retire, retain or relocate, and why.
fn decide(finding: &Finding, remedy: &Remedy, strategy: &str) -> (Move, String) {
    let facts = remedy.facts.as_ref();
    let stays = facts.is_some_and(|facts| facts.store.is_some());
    if finding.verification.status == Status::Encrypted {
        let because = "It is encrypted where it stands; its passphrase is what has to be kept.";
        return (Move::Retain, because.into());
    }
    let on_own_machines = facts
        .is_some_and(|facts| ["server", "device", "person"].contains(&facts.platform.as_str()));
    match remedy.action {
        Action::Remove => (Move::Retire, "Nothing that runs needs it.".into()),
        Action::Rotate if !stays => {
            (Move::Relocate, format!("It goes where it cannot be read: {strategy}."))
        }
        _ if !stays => (Move::Retire, format!("Nothing has to be kept: {strategy}.")),
        _ if on_own_machines => (
            Move::Retain,
            "What needs it runs on machines of one's own, so it is kept in a store there.".into(),
        ),
        Action::Replace => {
            (Move::Relocate, "It moves to a server, which keeps it in a store.".into())
        }
        Action::Rotate => (
            Move::Relocate,
            "Something needs it, and nothing can take its place: it moves to a store.".into(),
        ),
    }
}

/// The tags of the scheme.
fn tags(inventory: &Inventory) -> BTreeMap<String, String> {
    let tags = [
        ("appname", inventory.application.clone()),
        ("appfunc", inventory.function.name().to_owned()),
        ("appenv", inventory.environment.clone()),
        ("dataclassification", inventory.classification.clone()),
    ];
    let owner = inventory.owner.iter().map(|owner| ("owner", owner.clone()));
    tags.into_iter().chain(owner).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// All places, those in the working tree first.
fn places(finding: &Finding) -> Vec<Place> {
    let mut places: Vec<Place> = finding
        .locations
        .iter()
        .map(|location| Place {
            name: location.name(),
            line: location.start_line,
            column: location.start_column,
            commit: location.commit.clone(),
            editable: location.is_in_tree() && location.via.is_empty(),
        })
        .collect();
    places.sort_by_key(|place| place.commit.is_some());
    places
}

impl Entry {
    /// What the order of a plan goes by.
    fn rank(&self) -> impl Ord {
        (
            self.stage,
            std::cmp::Reverse(self.severity),
            std::cmp::Reverse(self.confidence),
            self.effort,
            self.title.clone(),
            self.places.first().map(|place| (place.name.clone(), place.line)),
            self.fingerprint.clone(),
        )
    }

    /// The steps with the suggested name and the tags in their commands, which have patterns in their
    /// place. Nothing else goes into a command: names and tags are letters, digits and dashes.
    #[must_use]
    pub fn named_steps(&self) -> Vec<Instruction> {
        let path = self.name.trim_start_matches('/');
        let dashed = path.replace('/', "-");
        let Inventory { application, function, environment, classification, .. } = &self.inventory;
        let values = [
            ("APP/FUNCTION/ENVIRONMENT/NAME", path),
            ("APP-FUNCTION-ENVIRONMENT-NAME", &dashed),
            ("Value=APP ", &format!("Value={application} ")),
            ("Value=FUNCTION ", &format!("Value={} ", function.name())),
            ("Value=ENVIRONMENT ", &format!("Value={environment} ")),
            ("Value=CLASSIFICATION", &format!("Value={classification}")),
        ];
        let mut steps = self.remedy.steps.clone();
        for step in steps.iter_mut().filter(|step| step.part == Part::Store) {
            for (pattern, value) in values {
                step.command = step.command.take().map(|command| command.replace(pattern, value));
            }
        }
        steps
    }
}
