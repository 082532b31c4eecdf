//! A secret with what the page says of it in several places.

use crate::finding::{Finding, Location, Triage};
use crate::plan::owner::Owners;
use crate::remedy::Remedy;
use crate::report::place::{Root, standing, stands};
use crate::report::sanitize;
use crate::scan::Outcome;
use bstr::ByteSlice;
use std::env;

/// One secret.
pub(super) struct Entry<'a> {
    pub(super) finding: &'a Finding,
    pub(super) remedy: &'a Remedy,
    /// The place to look at.
    pub(super) place: &'a Location,
    /// What that place is called.
    pub(super) name: String,
    /// Who is to be asked, and who says so.
    pub(super) owner: Option<Owner>,
    /// The names of all places.
    root: &'a Root,
}

/// Who is to be asked about a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    /// Names of users and teams, or `Name <address>`.
    pub(super) name: String,
    /// The line of `CODEOWNERS`, or what else says so.
    pub(super) source: String,
}

/// What the entries of a report are made with.
pub(super) struct Lookups {
    root: Root,
    owners: Owners,
}

impl Lookups {
    /// Those of the repository that the current folder lies in.
    pub(super) fn here() -> Self {
        let here = env::current_dir().unwrap_or_default();
        let root = here.ancestors().find(|folder| folder.join(".git").exists());
        Self { root: Root::find(), owners: Owners::find(root.unwrap_or(&here)) }
    }
}

impl<'a> Entry<'a> {
    /// The secrets of an outcome, in its order.
    pub(super) fn all(outcome: &'a Outcome, lookups: &'a Lookups) -> Vec<Self> {
        let findings = outcome.findings.iter();
        findings.map(|(finding, remedy)| Self::new(finding, remedy, lookups)).collect()
    }

    fn new(finding: &'a Finding, remedy: &'a Remedy, lookups: &'a Lookups) -> Self {
        let place = standing(&finding.locations);
        Self {
            finding,
            remedy,
            place,
            name: lookups.root.name(place),
            owner: Owner::of(finding, place, lookups),
            root: &lookups.root,
        }
    }

    /// Whether nobody has spoken about it.
    pub(super) fn is_new(&self) -> bool {
        self.finding.triage == Triage::New
    }

    /// By which it is linked to.
    pub(super) fn anchor(&self) -> &str {
        self.finding.fingerprint().as_str()
    }

    /// What one of its places is called.
    pub(super) fn name_of(&self, place: &Location) -> String {
        self.root.name(place)
    }

    /// The commit to look into, if the place to look at stands in no file any more.
    pub(super) fn commit(&self) -> Option<&str> {
        let past = self.place.past.as_ref()?;
        let gone = !stands(self.place) && self.place.origin.path.is_some();
        gone.then(|| past.commit.short())
    }

    /// The owner's name, or that there is none.
    pub(super) fn owner_name(&self) -> &str {
        self.owner.as_ref().map_or("unknown", |owner| &owner.name)
    }
}

impl Owner {
    /// The code owners of its place, else the author of its oldest commit.
    fn of(finding: &Finding, place: &Location, lookups: &Lookups) -> Option<Self> {
        let path = place.origin.path.as_ref().and_then(|path| lookups.root.inside(path));
        let path = path.map(|names| names.join(&b'/').to_str_lossy().into_owned());
        if let Some((name, source)) = path.and_then(|path| lookups.owners.of(&path)) {
            return Some(Self { name, source });
        }
        let commits = finding.locations.iter().filter_map(|place| place.past.as_ref());
        let oldest = commits.map(|past| &past.commit).min()?;
        let name = sanitize(&oldest.author).into_owned();
        Some(Self { name, source: format!("author of commit {}", oldest.short()) })
    }
}
