//! Measures rules on a corpus: a folder of files, with labels that say where secrets stand in them
//! and where none does.

mod labels;
mod measure;
mod text;

pub use labels::{Label, LabelError, Labels};
pub use measure::{Measure, Measured, OfRule, Overlap, Threshold};

use crate::blob::Origin;
use crate::coverage::{Coverage, Skip};
use crate::detect::Detector;
use crate::finding::Candidate;
use crate::rule::RuleSet;
use crate::scan::{Engine, Progress, Worker, scan};
use crate::source::{Source, describe, skipped};
use crate::triage::Policy;
use bstr::{BStr, BString, ByteSlice, ByteVec};
use ignore::WalkBuilder;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file with the labels, in the folder of a corpus.
pub const LABELS: &str = "labels.jsonl";

/// More bad labels than these are only counted.
const MOST_ERRORS: usize = 20;

/// Why a folder is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The labels cannot be read.
    #[error("{file}: {reason}; a corpus is a folder with files and a {LABELS} beside them")]
    Unreadable {
        /// The file, as named by the user.
        file: String,
        /// Why not.
        reason: String,
    },
    /// There are none.
    #[error(
        "{file}: there is no label in it; write one a line, or {{\"complete\": true}} if no file \
         here holds a secret"
    )]
    Empty {
        /// The file, as named by the user.
        file: String,
    },
    /// Some lines are no labels.
    #[error("{}", listed(.0))]
    Flawed(Vec<LabelError>),
}

fn listed(errors: &[LabelError]) -> String {
    let mut lines: Vec<_> = errors.iter().take(MOST_ERRORS).map(ToString::to_string).collect();
    if errors.len() > MOST_ERRORS {
        lines.push(format!("and {} more", errors.len() - MOST_ERRORS));
    }
    lines.join("\n")
}

/// Files, and what somebody says about them.
#[derive(Debug)]
pub struct Corpus {
    folder: PathBuf,
    labels: Labels,
}

impl Corpus {
    /// The corpus in `folder`.
    ///
    /// # Errors
    ///
    /// When its labels cannot be read, are flawed, or there are none.
    pub fn open(folder: &Path) -> Result<Self, CorpusError> {
        let path = folder.join(LABELS);
        let file = path.display().to_string();
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(e) => return Err(CorpusError::Unreadable { file, reason: describe(&e) }),
        };
        let labels = Labels::read(&file, &content).map_err(CorpusError::Flawed)?;
        if labels.labels.is_empty() && !labels.complete {
            return Err(CorpusError::Empty { file });
        }
        Ok(Self { folder: folder.to_owned(), labels })
    }

    /// Searches all files with all `rules`, and measures what they find. What could not be read is
    /// in the coverage of the measure, and its labels are in no figure.
    #[must_use]
    pub fn measure(&self, rules: RuleSet) -> Measure {
        let detector = Detector::recording(rules);
        // Compiled here, a pattern does not make the first file that needs it look slow.
        detector.rules().rules().par_iter().for_each(|rule| {
            rule.regex();
        });
        let reading = Reading { corpus: self, searched: Mutex::default() };
        let policy = Policy::everything();
        let outcome = scan(&reading, &detector, &policy, &Progress::default());
        let searched = reading.searched.into_inner().unwrap_or_else(PoisonError::into_inner);
        Measure::new(&self.labels, &searched, &detector, outcome.coverage)
    }

    /// All files below the folder and all that have labels, by their paths from there. What git
    /// ignores belongs to a corpus, too.
    fn files(&self, worker: &mut Worker) -> BTreeSet<BString> {
        let labelled = self.labels.labels.iter().map(|label| BString::from(label.path.as_str()));
        let mut files: BTreeSet<BString> = labelled.collect();
        let mut walk = WalkBuilder::new(&self.folder);
        walk.standard_filters(false).follow_links(true);
        for entry in walk.filter_entry(|entry| entry.file_name() != ".git").build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    worker.skip(skipped(&e));
                    continue;
                }
            };
            if let Ok(path) = entry.path().strip_prefix(&self.folder)
                && path != Path::new(LABELS)
                && entry.file_type().is_some_and(|kind| kind.is_file())
            {
                let mut path = Vec::from_path_lossy(path).into_owned();
                if cfg!(windows) {
                    path = path.replace("\\", "/");
                }
                files.insert(path.into());
            }
        }
        files
    }
}

/// A file that was searched to its end.
#[derive(Debug)]
struct SearchedFile {
    path: BString,
    found: Vec<Candidate>,
}

/// The search through the files of a corpus. What is found stays here: no marker excuses it, and
/// each place counts by itself.
struct Reading<'a> {
    corpus: &'a Corpus,
    /// In the order of the paths.
    searched: Mutex<Vec<SearchedFile>>,
}

impl Source for Reading<'_> {
    fn feed(&self, engine: &Engine) {
        let files = self.corpus.files(&mut engine.worker());
        let search = |worker: &mut Worker, path| self.search(worker, path);
        let searched = files.into_par_iter().map_init(|| engine.worker(), search).flatten_iter();
        *self.searched.lock().unwrap_or_else(PoisonError::into_inner) = searched.collect();
    }
}

impl Reading<'_> {
    /// Searches one file, if it can be read.
    fn search(&self, worker: &mut Worker, path: BString) -> Option<SearchedFile> {
        let file = self.corpus.folder.join(path.to_path_lossy());
        let read = open(&file).and_then(|opened| {
            let searched = worker.search(Origin::file(path.clone()), opened);
            searched.read.map(|()| searched.candidates)
        });
        match read {
            Ok(found) => {
                worker.cover(Coverage { files: 1, ..Coverage::default() });
                Some(SearchedFile { path, found })
            }
            Err(e) => {
                let mend = self.mend(path.as_bstr());
                worker.skip(Skip { path: file.display().to_string(), reason: describe(&e), mend });
                None
            }
        }
    }

    /// What to do about a file that cannot be read, if it has labels.
    fn mend(&self, path: &BStr) -> Option<String> {
        let labels = self.corpus.labels.labels.iter();
        let lost = labels.filter(|label| path == label.path.as_bytes()).count();
        let labels = if lost == 1 { "label is" } else { "labels are" };
        (lost > 0).then(|| {
            format!(
                "{lost} {labels} left out of the figures: correct `path` in {LABELS}, or put the \
                 file there"
            )
        })
    }
}

/// Opens a file. What is something else might never end.
fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other("it is no file"))
    }
}
