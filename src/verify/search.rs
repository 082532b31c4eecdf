//! The search: by rules first, then for the bytes of the values that they have made known.

use super::holder::{Group, Holder, of_holding};
use super::needle::{Needles, SHORT, is_filler, is_ordinary};
use super::replace;
use super::site::{OWN_FOLDER, Site, Standing, absolute, shown};
use super::wanted::Wanted;
use super::{Sought, State, Verdict, verdict_of};
use crate::blob::Via;
use crate::coverage::{Coverage, Skip};
use crate::detect::Detector;
use crate::report::saved::Report;
use crate::scan::{Engine, Outcome, Progress, scan};
use crate::source::container::{Texts, Walk};
use crate::source::encoding::Buffer;
use crate::source::history::occurrences::Search;
use crate::source::history::survey::{Holding, Sighting, Survey, Surveyed};
use crate::source::text::Text;
use crate::source::{Excluded, Files, Options, Source, describe};
use crate::triage::Policy;
use bstr::{BStr, ByteSlice};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// All that was found.
pub struct Found<'r> {
    pub wanted: Wanted<'r>,
    pub site: Site,
    pub repositories: Vec<Repository>,
    /// The files on the disk that hold secrets, by the numbers of these.
    pub files: BTreeMap<PathBuf, BTreeSet<u32>>,
    /// Files in which the value of a secret stands as an ordinary word.
    pub words: BTreeMap<PathBuf, BTreeSet<u32>>,
    pub coverage: Coverage,
    needles: Needles,
}

/// What a repository holds.
pub struct Repository {
    pub surveyed: Surveyed,
    pub holdings: BTreeMap<u32, Holding>,
}

/// The file with replacements that lies in a git folder.
pub fn replacements_in(common: &Path) -> PathBuf {
    common.join(OWN_FOLDER).join("replace.txt")
}

/// Files and repositories, as one source that is still there afterwards.
struct Everything {
    files: Files,
    survey: Survey,
}

impl Source for Everything {
    fn feed(&self, engine: &Engine) {
        self.files.feed(engine);
        self.survey.feed(engine);
    }
}

/// What is looked for, and where.
pub struct Asked<'r, 'a> {
    pub report: &'r Report,
    /// What lies around it is looked at.
    pub path: &'a Path,
    /// Values that may be those of the secrets.
    pub values: &'a BTreeSet<Vec<u8>>,
}

/// Looks for the secrets of a report.
pub fn run<'r>(asked: &Asked<'r, '_>, detector: &Detector, progress: &Progress) -> Found<'r> {
    let site = Site::around(asked.path);
    let all = site.files.keys().chain(&site.git_files).cloned().collect();
    let options = Options { no_ignore: true, threads: 0 };
    let commons = site.places.iter().map(|place| place.common.clone()).collect();
    let everything = Everything {
        files: Files::new(all, Excluded::default(), options),
        survey: Survey::new(commons),
    };
    let policy = Policy::everything();
    let outcome = scan(&everything, detector, &policy, progress);
    let mut wanted = Wanted::of(asked.report, detector.rules());
    let mut files = files_by_rule(&outcome, &mut wanted);
    let surveyed = everything.survey.into_surveyed();
    let sightings: Vec<Vec<Sighting>> = surveyed
        .iter()
        .map(|surveyed| {
            surveyed.sightings(detector, &mut |rule, secret| wanted.number(rule, secret))
        })
        .collect();
    for value in asked.values {
        wanted.offer(value, detector.rules());
    }
    for place in &site.places {
        let text = fs::read(replacements_in(&place.common)).unwrap_or_default();
        for value in replace::values(&text) {
            wanted.offer(&value, detector.rules());
        }
    }
    let needles = Needles::new(&wanted.values);
    let mut coverage = outcome.coverage;
    let mut words = BTreeMap::new();
    look_into_files(&site, &needles, &mut files, &mut words, &mut coverage);
    let repositories = surveyed.into_iter().zip(sightings).map(|(surveyed, sightings)| {
        let holdings = surveyed.holdings(detector, sightings, &needles);
        Repository { surveyed, holdings }
    });
    let repositories = repositories.collect();
    let mut found = Found { wanted, site, repositories, files, words, coverage, needles };
    found.settle_coverage();
    found
}

/// The files in which rules have found the secrets.
fn files_by_rule(outcome: &Outcome, wanted: &mut Wanted) -> BTreeMap<PathBuf, BTreeSet<u32>> {
    let mut files: BTreeMap<PathBuf, BTreeSet<u32>> = BTreeMap::new();
    for (finding, _) in &outcome.findings {
        let Some(number) = wanted.number(&finding.rule, &finding.secret) else { continue };
        for place in &finding.locations {
            let path = place.origin.path.as_ref().and_then(|path| path.to_path().ok());
            if let Some(path) = path {
                files.entry(absolute(path)).or_default().insert(number);
            }
        }
    }
    files
}

/// Adds the files in which the bytes of values stand.
fn look_into_files(
    site: &Site,
    needles: &Needles,
    files: &mut BTreeMap<PathBuf, BTreeSet<u32>>,
    words: &mut BTreeMap<PathBuf, BTreeSet<u32>>,
    coverage: &mut Coverage,
) {
    let all: Vec<&PathBuf> = site.files.keys().chain(&site.git_files).collect();
    let looked: Vec<(&PathBuf, io::Result<BTreeSet<u32>>)> =
        all.into_par_iter().map(|path| (path, values_in(path, needles))).collect();
    for (path, values) in looked {
        match values {
            Ok(values) => {
                let (ordinary, certain): (BTreeSet<u32>, BTreeSet<u32>) =
                    values.into_iter().partition(|secret| needles.is_word(*secret));
                let known = files.get(path).cloned().unwrap_or_default();
                let ordinary: BTreeSet<u32> = ordinary.difference(&known).copied().collect();
                if !certain.is_empty() {
                    files.entry(path.clone()).or_default().extend(certain);
                }
                if !ordinary.is_empty() {
                    words.insert(path.clone(), ordinary);
                }
            }
            // The scan has told it already, under the same name, if it could not read the file either.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => coverage.skip(Skip {
                path: path.to_string_lossy().into_owned(),
                reason: describe(&e),
                mend: None,
            }),
        }
    }
}

fn values_in(path: &Path, needles: &Needles) -> io::Result<BTreeSet<u32>> {
    let mut texts = FileTexts { needles, found: BTreeSet::new() };
    let name = path.to_string_lossy();
    let file = File::open(path)?;
    let mut buffers: Vec<Buffer> = Vec::new();
    Walk::through(BStr::new(name.as_bytes()), file.into(), &mut texts, &mut buffers).read?;
    Ok(texts.found)
}

struct FileTexts<'n> {
    needles: &'n Needles,
    found: BTreeSet<u32>,
}

impl Texts for FileTexts<'_> {
    fn take(&mut self, _: &[Via], text: Text) -> io::Result<()> {
        text.each(|part| {
            self.found
                .extend(self.needles.search(part.bytes).into_iter().map(|found| found.secret));
        })
    }
}

impl Found<'_> {
    /// Notes what the search could not do, and names places as from the current directory. What of an
    /// ignored file cannot be read is no lack: no commit has it.
    fn settle_coverage(&mut self) {
        let ignored: BTreeSet<String> = self
            .site
            .files
            .iter()
            .filter(|(_, standing)| **standing == Standing::Ignored)
            .map(|(path, _)| path.to_string_lossy().into_owned())
            .collect();
        self.coverage.skipped.retain(|skip| !ignored.contains(&skip.path));
        self.coverage.skipped.append(&mut self.site.skipped);
        for id in &self.wanted.unknown_rules {
            self.coverage.skipped.push(Skip {
                path: format!("the rule {id}"),
                reason: "is not known here, so that its secrets cannot be recognised".to_owned(),
                mend: Some("give the pack that it is in with --rules, or scan again".to_owned()),
            });
        }
        let mut skipped = std::mem::take(&mut self.coverage.skipped);
        for skip in &mut skipped {
            skip.path = self.masked(&shown(Path::new(&skip.path)).to_string());
            skip.reason = self.masked(&skip.reason);
            skip.mend = skip.mend.take().map(|mend| self.masked(&mend));
        }
        self.coverage.skipped = skipped;
        self.coverage.sort();
    }

    /// A text of the repository (a path, the name of a ref) without any value that may stand in it.
    pub fn masked(&self, text: &str) -> String {
        let mut masked = String::new();
        let mut at = 0;
        for found in self.needles.search(text.as_bytes()) {
            if self.needles.is_word(found.secret) || found.span.start < at {
                continue;
            }
            masked += &text.as_bytes()[at..found.span.start].to_str_lossy();
            masked += "********";
            at = found.span.end;
        }
        masked + &text.as_bytes()[at..].to_str_lossy()
    }

    /// How a repository is called: not at all, if it is the one that was asked for.
    pub fn name_of(&self, repository: &Repository) -> String {
        let place =
            self.site.places.iter().position(|place| place.common == repository.surveyed.common);
        let place = place.filter(|place| *place > 0).map(|place| &self.site.places[place]);
        let folder = place.map(|place| place.root.as_ref().unwrap_or(&place.common));
        folder.map(|folder| self.masked(&shown(folder).to_string())).unwrap_or_default()
    }

    /// The git folder that a file lies in.
    fn owner_of(&self, path: &Path) -> Option<&Path> {
        let commons = self.site.places.iter().map(|place| place.common.as_path());
        commons
            .filter(|common| path.starts_with(common))
            .max_by_key(|common| common.as_os_str().len())
    }

    /// What is said of each secret.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let verdicts = (0..).zip(&self.wanted.list).map(|(number, finding)| {
            let mut verdict = verdict_of(finding);
            let groups = self.groups(number);
            if !groups.is_empty() {
                verdict.state = State::Held(groups);
            }
            verdict.sought = match self.wanted.values.get(&number) {
                None => Sought::ByRule,
                Some(value) if is_filler(value) => Sought::ByRule,
                Some(value) if value.len() < SHORT || is_ordinary(value) => Sought::ByWord,
                Some(_) => Sought::ByValue,
            };
            let ignored = self.files_with(number, Standing::Ignored);
            verdict.ignored_files = ignored;
            verdict.words = self.words.values().filter(|words| words.contains(&number)).count()
                + self
                    .repositories
                    .iter()
                    .filter_map(|repository| repository.holdings.get(&number))
                    .map(|holding| holding.words.len())
                    .sum::<usize>();
            verdict
        });
        verdicts.collect()
    }

    fn files_with(&self, number: u32, standing: Standing) -> Vec<String> {
        let files = self.files.iter().filter(|(path, secrets)| {
            secrets.contains(&number) && self.site.files.get(*path) == Some(&standing)
        });
        files.map(|(path, _)| self.masked(&shown(path).to_string())).collect()
    }

    /// What holds a secret.
    fn groups(&self, number: u32) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut add = |repository: String, holder: Holder, names: Vec<String>| {
            if !names.is_empty() {
                groups.push(Group { repository, holder, names });
            }
        };
        add(String::new(), Holder::TrackedFile, self.files_with(number, Standing::Tracked));
        add(String::new(), Holder::UntrackedFile, self.files_with(number, Standing::Untracked));
        for repository in &self.repositories {
            let name = self.name_of(repository);
            let held = repository.holdings.get(&number).map(of_holding).unwrap_or_default();
            for (holder, names) in held {
                let names = names.iter().map(|name| self.masked(name)).collect();
                add(name.clone(), holder, names);
            }
            let of_ref = |text: &&str| {
                let found = self.needles.search(text.as_bytes());
                found.iter().any(|f| f.secret == number && !self.needles.is_word(number))
            };
            let refs: BTreeSet<String> =
                repository.surveyed.ref_names().filter(of_ref).map(|r| self.masked(r)).collect();
            add(name.clone(), Holder::RefName, refs.into_iter().collect());
            let git_files = self.files.iter().filter(|(path, secrets)| {
                secrets.contains(&number)
                    && self.site.git_files.contains(*path)
                    && self.owner_of(path) == Some(&repository.surveyed.common)
            });
            let git_files = git_files.map(|(path, _)| self.masked(&shown(path).to_string()));
            add(name, Holder::GitFile, git_files.collect());
        }
        groups
    }
}
