//! The edits of one file: read it, choose the way to rewrite it, and look at what comes out.

use super::edit::{self, Edit};
use super::language::Need;
use super::lookup::Names;
use super::rewrite::{Change, File, Occurrence, Rewritten};
use super::text::Text;
use super::{FileFix, Fixer, Left, Places, Shown, Taken, kind, left, withdraw};
use crate::blob::{Chunk, Origin, Position, Via};
use crate::detect;
use crate::finding::Secret;
use crate::remedy::setting::Setting;
use crate::report::sanitize;
use crate::rule::Confidence;
use crate::scan::Outcome;
use crate::triage::Key;
use bstr::ByteSlice;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Bytes of a file that is edited.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Bytes of a line from which nobody has written it by hand.
const LONGEST_LINE: usize = 4_000;

/// A value shorter than this is only taken where a rule has found it.
const SHORTEST: usize = 8;

/// The work on one file.
pub(super) struct FileJob<'a> {
    pub(super) fixer: &'a Fixer<'a>,
    pub(super) outcome: &'a Outcome,
    pub(super) names: &'a BTreeMap<usize, Names>,
    pub(super) path: &'a str,
}

/// What has become of a file.
#[derive(Default)]
pub(super) struct Made {
    pub(super) fix: Option<FileFix>,
    pub(super) needs: Vec<Need>,
    pub(super) left: Vec<Left>,
}

/// A secret that stays, by its number, and why.
type Refused = (usize, String);

/// A file as it is.
struct Opened {
    content: Vec<u8>,
    executable: bool,
    text: Text,
}

/// A secret of a file, and where it came from.
struct Known<'a> {
    finding: usize,
    line: u64,
    occurrence: Occurrence<'a>,
}

impl FileJob<'_> {
    /// The edits of the file.
    ///
    /// # Errors
    ///
    /// Why nothing can be done about any of its secrets.
    pub(super) fn fix(&self, places: &Places) -> Result<Made, String> {
        let opened = self.open()?;
        let text = &opened.text.bytes;
        let beginning = text[..text.len().min(BEGINNING)].to_str_lossy();
        let setting = Setting::of(self.path, Some(&beginning));
        let (known, left) = self.known(&opened.text, places);
        if known.is_empty() {
            return Ok(Made { left, ..Made::default() });
        }
        let whole = known.iter().any(|known| is_all(text, &known.occurrence.span, setting));
        if withdraw::is_for_secrets(self.path, setting, whole) {
            return self.withdraw(opened, &known, setting).map(|made| Made { left, ..made });
        }
        if text.contains(&0) {
            return Err("it is no text".into());
        }
        if text.lines().any(|line| line.len() > LONGEST_LINE) || self.path.contains(".min.") {
            return Err("it is minified, or made by a program: change what it is made from, and make it anew".into());
        }
        let (changes, refused) = self.changes(text, setting, &known)?;
        let refused = refused.into_iter().map(|(secret, why)| self.refuse(&known[secret], why));
        let left = left.into_iter().chain(refused).collect();
        if changes.is_empty() {
            return Ok(Made { left, ..Made::default() });
        }
        self.made(opened, &known, changes)
            .map(|made| Made { left: [left, made.left].concat(), ..made })
    }

    /// The changes that take secrets out of a text, and why others stay.
    fn changes(
        &self,
        text: &[u8],
        setting: Setting,
        known: &[Known],
    ) -> Result<(Vec<Change>, Vec<Refused>), String> {
        let secrets: Vec<_> = known.iter().map(|known| known.occurrence.clone()).collect();
        let Fixer { lookup, around, safe, .. } = self.fixer;
        let file = File { path: self.path, text, setting, lookup: *lookup, secrets: &secrets };
        let rewriter = kind::rewriter(&file, *around).map_err(str::to_owned)?;
        let (mut changes, mut refused): (Vec<Change>, Vec<_>) = (Vec::new(), Vec::new());
        for rewritten in rewriter.rewrite(&file) {
            let (secrets, why) = match rewritten {
                Rewritten::Left(secret, why) => (vec![secret], why),
                Rewritten::Changed(Change { secrets, review: Some(why), .. }) if *safe => {
                    (secrets, format!("someone should look at its edit: {why}"))
                }
                Rewritten::Changed(change) if !collides(&changes, &change) => {
                    changes.push(change);
                    continue;
                }
                Rewritten::Changed(change) => (
                    change.secrets,
                    "its edit would be made of the same text as another".to_owned(),
                ),
            };
            refused.extend(secrets.into_iter().map(|secret| (secret, why.clone())));
        }
        Ok((changes, refused))
    }

    fn refuse(&self, known: &Known, why: String) -> Left {
        let name = sanitize(self.path).into_owned();
        Left { finding: known.finding, name, line: known.line, why }
    }

    /// Opens the file, if it may be edited.
    fn open(&self) -> Result<Opened, String> {
        let path = Path::new(self.path);
        let metadata = fs::symlink_metadata(path).map_err(|e| format!("it cannot be read: {e}"))?;
        if metadata.is_symlink() {
            return Err("it is a symbolic link: fix the file that it leads to".into());
        }
        if !metadata.is_file() {
            return Err("it is no regular file".into());
        }
        if metadata.len() > LARGEST {
            return Err("it is too large to be a text that somebody writes".into());
        }
        if metadata.permissions().readonly() {
            return Err("it is read-only".into());
        }
        if links(&metadata) > 1 {
            return Err("it has several names (hard links), which would part".into());
        }
        let content = fs::read(path).map_err(|e| format!("it cannot be read: {e}"))?;
        let (executable, text) = (is_executable(&metadata), Text::of(&content));
        Ok(Opened { content, executable, text })
    }

    /// The secrets of the file in the order of the text, none in another, and those that cannot be edited.
    fn known(&self, text: &Text, places: &Places) -> (Vec<Known<'_>>, Vec<Left>) {
        let (mut known, mut leave) = (Vec::new(), Vec::new());
        for (finding, location) in places {
            let (secret, names) = (&self.outcome.findings[*finding].0.secret, &self.names[finding]);
            let way = text.within(&location.origin.via);
            if way.iter().any(|via| !matches!(via, Via::Decoded(_))) {
                let why = "it stands in what the file contains: make that anew without it";
                leave.push(left(*finding, location, why));
                continue;
            }
            if let Some(why) = self.helpless(*finding) {
                leave.push(left(*finding, location, why));
                continue;
            }
            let span = text.span(location.start, location.end);
            let encoded = !way.is_empty();
            match span.filter(|span| encoded || secret.reveal() == Some(&text.bytes[span.clone()]))
            {
                Some(span) => known.push(Known {
                    finding: *finding,
                    line: location.start.line,
                    occurrence: Occurrence { span, names, encoded },
                }),
                None => leave.push(left(
                    *finding,
                    location,
                    "the file has changed since it was scanned",
                )),
            }
        }
        let found: BTreeSet<usize> = known.iter().map(|known| known.finding).collect();
        for finding in &found {
            let Some(value) = self.outcome.findings[*finding].0.secret.reveal() else { continue };
            let names = &self.names[finding];
            known.extend(others(&text.bytes, value).into_iter().map(|span| Known {
                finding: *finding,
                line: Position::START.after(&text.bytes[..span.start]).line,
                occurrence: Occurrence { span, names, encoded: false },
            }));
        }
        known.sort_by_key(|known| {
            (known.occurrence.span.start, std::cmp::Reverse(known.occurrence.span.end))
        });
        let mut end = 0;
        known.retain(|known| {
            let inside = known.occurrence.span.start < end;
            end = end.max(known.occurrence.span.end);
            !inside
        });
        (known, leave)
    }

    /// Why it does not help to read the secret from elsewhere, if it does not.
    fn helpless(&self, finding: usize) -> Option<&'static str> {
        let remedy = &self.outcome.findings[finding].1;
        if remedy.strategy == "remove-fixture" {
            return Some("a test makes its own value, or writes one that nobody can take for real");
        }
        let platform = remedy.facts.as_ref().map(|facts| facts.platform.as_str());
        matches!(platform, Some("browser" | "mobile")).then_some(
            "whoever has the program has all that it reads: move the call that needs it to a server of yours",
        )
    }

    /// The file leaves the repository.
    fn withdraw(&self, opened: Opened, known: &[Known], setting: Setting) -> Result<Made, String> {
        if self.fixer.in_repository(self.path).is_none() {
            return Err(
                "it is there to keep secrets, and in no repository: keep it to yourself".into()
            );
        }
        let taken = known.iter().map(|known| Taken {
            finding: known.finding,
            line: known.line,
            edits: Vec::new(),
            variable: None,
        });
        let fix = FileFix {
            path: self.path.to_owned(),
            before: Some(opened.content),
            after: None,
            executable: opened.executable,
            reviews: Vec::new(),
            taken: taken.collect(),
            shown: Shown::default(),
        };
        let sample = withdraw::sample_name(self.path, setting);
        let name = sample.map(|path| path.rsplit('/').next().unwrap_or(&path).to_owned());
        let secrets = self.search(&opened.text.bytes).seen;
        let needs = name.map(|name| Need::Sample { name, text: opened.text.bytes, secrets });
        Ok(Made { fix: Some(fix), needs: needs.into_iter().collect(), left: Vec::new() })
    }

    /// The file with its changes, if what comes out is what it should be.
    fn made(&self, opened: Opened, known: &[Known], changes: Vec<Change>) -> Result<Made, String> {
        let text = &opened.text.bytes;
        let mut edits: Vec<Edit> = changes.iter().flat_map(|change| change.edits.clone()).collect();
        edit::sort(&mut edits);
        let after = edit::apply(text, &edits);
        let parses = |text: &[u8]| kind::parses(self.path, text);
        if parses(text) == Some(true) && parses(&after) == Some(false) {
            return Err("the edited file would not be read any more".into());
        }
        let (before, now) = (self.search(text), self.search(&after));
        if let Some((rule, _)) = now.reported.iter().find(|found| !before.reported.contains(*found))
        {
            return Err(format!("what would take its place would be reported by the rule {rule}"));
        }
        let taken: Vec<_> = changes.iter().flat_map(|change| taken(change, known)).collect();
        let changed = |number: &usize| changes.iter().any(|change| change.secrets.contains(number));
        let (gone, stay): (Vec<_>, Vec<_>) = (0..known.len()).partition(changed);
        // Of what stays for another reason that is told already.
        let told: BTreeSet<_> = stay.iter().map(|number| known[*number].finding).collect();
        let still = |known: &&Known| {
            let finding = &self.outcome.findings[known.finding].0;
            let key = (finding.rule.id().to_owned(), finding.secret.clone());
            !told.contains(&known.finding) && now.reported.contains(&key)
        };
        let gone = gone.into_iter().map(|number| &known[number]);
        let once_more = "it stands in the file once more, in a way that no edit is known for";
        let left = gone.filter(still).map(|known| self.refuse(known, once_more.into())).collect();
        let own = edit::inserted(&edits, edit::line_end(text));
        let is_own = |span: &Range<usize>| {
            own.iter().any(|own| own.start < span.end && span.start < own.end)
        };
        let secrets = known.iter().map(|known| known.occurrence.span.clone());
        let shown = Shown {
            before: text.clone(),
            before_secrets: before.seen.into_iter().chain(secrets).collect(),
            after_secrets: now.seen.into_iter().filter(|span| !is_own(span)).collect(),
            after,
        };
        let fix = FileFix {
            path: self.path.to_owned(),
            after: Some(opened.text.content(&shown.after)),
            before: Some(opened.content),
            executable: opened.executable,
            reviews: reviews(&changes, known),
            taken,
            shown,
        };
        let needs = changes.into_iter().flat_map(|change| change.needs).collect();
        Ok(Made { fix: Some(fix), needs, left })
    }

    /// Where rules see secrets in a text of this file, and what is reported of them.
    fn search(&self, text: &[u8]) -> Seen {
        let detector = self.fixer.detector;
        let origin = Origin::file(self.path);
        let detection = detector.detect(&Chunk::whole(&origin, text));
        let certain =
            detection.matches.iter().filter(|found| found.confidence >= Confidence::Medium);
        let reported = certain.map(|found| {
            let rule = &detector.rules().rules()[found.rule];
            (rule.id().to_owned(), Secret::new(found.value(&text[found.span.clone()]), rule))
        });
        Seen { reported: reported.collect(), seen: detection.seen }
    }
}

/// What rules see in a text.
struct Seen {
    /// All places that one took for a secret.
    seen: Vec<Range<usize>>,
    /// What is reported, by its rule.
    reported: BTreeSet<Key>,
}

/// The secrets that a change takes out.
fn taken<'a>(change: &'a Change, known: &'a [Known]) -> impl Iterator<Item = Taken> + 'a {
    change.secrets.iter().map(|secret| Taken {
        finding: known[*secret].finding,
        line: known[*secret].line,
        edits: change.edits.clone(),
        variable: change.variable.clone(),
    })
}

/// What someone should look at, by line.
fn reviews(changes: &[Change], known: &[Known]) -> Vec<(u64, String)> {
    let review = |change: &Change| {
        let line = change.secrets.first().map_or(1, |secret| known[*secret].line);
        Some((line, change.review.clone()?))
    };
    let reviews: BTreeSet<_> = changes.iter().filter_map(review).collect();
    reviews.into_iter().collect()
}

/// Bytes of a file that tell what it is.
const BEGINNING: usize = 64 * 1024;

/// Whether a text says nothing but a secret, or hardly anything else if nobody knows what it is.
fn is_all(text: &[u8], span: &Range<usize>, setting: Setting) -> bool {
    let rest = text[..span.start].trim().len() + text[span.end..].trim().len();
    match setting {
        Setting::Code(_) => false,
        Setting::Other => span.len() > 2 * rest,
        _ => rest == 0,
    }
}

/// Other places of a value that no rule has seen, as words of their own.
fn others(text: &[u8], value: &[u8]) -> Vec<Range<usize>> {
    if value.len() < SHORTEST {
        return Vec::new();
    }
    let of_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let found = memchr::memmem::find_iter(text, value).map(|at| at..at + value.len());
    found
        .filter(|span| {
            let before = span.start.checked_sub(1).and_then(|at| text.get(at));
            let allowed = detect::has_marker(&text[edit::line_at(text, span.start)]);
            !of_word(before) && !of_word(text.get(span.end)) && !allowed
        })
        .collect()
}

fn collides(changes: &[Change], change: &Change) -> bool {
    changes.iter().any(|known| edit::collide(&known.edits, &change.edits))
}

#[cfg(unix)]
fn links(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn links(_: &fs::Metadata) -> u64 {
    1
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
