//! The configuration of folders: the `.blurt.toml` that the run goes by, and those in folders below it,
//! each of which speaks of its own folder. These may leave out files, disable rules, raise thresholds
//! and suppress; what is for the whole run (packs, the baseline …) stands in the first.

use super::{ConfigError, FILE_NAME, Settings, Texts};
use crate::coverage::Skip;
use crate::finding::{Authority, Candidate, Excuse, Fingerprint};
use crate::rule::RuleSet;
use crate::source::{Excluded, absolute, name_from_here};
use crate::triage::Thresholds;
use crate::triage::suppression::Suppression;
use bstr::{BStr, BString, ByteSlice};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What one configuration file says of the files in and below its folder.
#[derive(Debug)]
struct Layer {
    /// The folder; `None` if it speaks of all files.
    folder: Option<PathBuf>,
    /// The file, as from the current directory.
    file: String,
    excluded: Excluded,
    thresholds: Option<Thresholds>,
    /// The rules that do not work there.
    disabled: Vec<String>,
    suppressions: Vec<Suppression>,
}

/// Where configuration files of folders are found.
#[derive(Debug)]
enum Found {
    /// On the disk, as one comes to their folders.
    OnDisk,
    /// They were all there from the beginning, by folder.
    Listed(BTreeMap<PathBuf, String>),
}

/// The configuration of all folders.
#[derive(Debug)]
pub struct Folders {
    /// Only below it there are configurations of folders.
    top: PathBuf,
    found: Found,
    rules: RuleSet,
    /// What the run goes by, and those of folders, as they were found.
    layers: RwLock<Vec<Arc<Layer>>>,
    /// The folders that were looked into.
    seen: Mutex<BTreeSet<PathBuf>>,
    by_folder: Mutex<ByFolder>,
    flaws: Mutex<Vec<Skip>>,
    least: Thresholds,
}

/// The layers that speak of the files in a folder, which is named as from the current directory.
type ByFolder = HashMap<BString, Arc<[Arc<Layer>]>>;

/// What the first configuration says of suppressions.
pub(super) struct First {
    /// Its folder.
    pub(super) top: PathBuf,
    pub(super) suppressions: Vec<Suppression>,
    pub(super) thresholds: Thresholds,
}

impl Folders {
    /// The configuration of the folders below `first`'s, as far as `texts` has some; for `rules`.
    pub(super) fn new(first: First, rules: RuleSet, texts: &dyn Texts) -> Self {
        let found = match texts.all(FILE_NAME) {
            None => Found::OnDisk,
            Some(files) => {
                let by_folder = |(path, text): (PathBuf, String)| {
                    let path = absolute(&path);
                    (path.parent().map(Path::to_owned).unwrap_or_default(), text)
                };
                Found::Listed(files.into_iter().map(by_folder).collect())
            }
        };
        let layer = Layer {
            folder: None,
            file: String::new(),
            excluded: Excluded::default(),
            thresholds: None,
            disabled: Vec::new(),
            suppressions: first.suppressions,
        };
        Self {
            seen: Mutex::new(BTreeSet::from([first.top.clone()])),
            top: first.top,
            found,
            rules,
            layers: RwLock::new(vec![Arc::new(layer)]),
            by_folder: Mutex::default(),
            flaws: Mutex::default(),
            least: first.thresholds,
        }
    }

    /// Whether they are those of the disk.
    #[must_use]
    pub fn are_on_disk(&self) -> bool {
        matches!(self.found, Found::OnDisk)
    }

    /// Looks for the configuration of a folder, and of those between it and the top.
    pub(crate) fn look_into(&self, folder: &Path) {
        let Ok(below) = folder.strip_prefix(&self.top) else { return };
        // Held while a file is read: whoever finds a folder seen finds its configuration, too.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = self.top.clone();
        for name in below.components() {
            at.push(name);
            if !seen.contains(&at) {
                self.read(&at);
                seen.insert(at.clone());
            }
        }
    }

    fn read(&self, folder: &Path) {
        let path = folder.join(FILE_NAME);
        let text = match &self.found {
            Found::OnDisk => {
                // A pipe of that name would wait for ever.
                if !std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                    return;
                }
                std::fs::read_to_string(&path)
            }
            Found::Listed(texts) => match texts.get(folder) {
                None => return,
                Some(text) => Ok(text.clone()),
            },
        };
        let named = PathBuf::from(name_from_here(&path).to_string());
        let text = text.map_err(|cause| ConfigError::Read { path: named.clone(), cause });
        let layer = text.and_then(|text| self.layer(folder, &named, &text));
        match layer {
            Ok(layer) => {
                let mut layers = self.layers.write().unwrap_or_else(PoisonError::into_inner);
                layers.push(Arc::new(layer));
                // The innermost decides first, whatever was found first.
                layers.sort_by(|a, b| b.folder.cmp(&a.folder));
            }
            Err(error) => {
                let text = error.to_string();
                let file = named.display().to_string();
                // What names a place in the file has it before the reason.
                let placed = text.starts_with(&file).then(|| text.split_once(": ")).flatten();
                let (path, reason) = placed.unwrap_or((&file, &text));
                let skip = Skip {
                    path: path.to_owned(),
                    reason: format!("is flawed: {reason}"),
                    mend: Some("mend it: what it says of its folder does not count".to_owned()),
                };
                self.flaws.lock().unwrap_or_else(PoisonError::into_inner).push(skip);
            }
        }
    }

    fn layer(&self, folder: &Path, file: &Path, text: &str) -> Result<Layer, ConfigError> {
        let settings = Settings::parse(file, text)?;
        if let Some((key, line)) = settings.of_whole_run(text) {
            return Err(ConfigError::Parse {
                path: file.to_owned(),
                line,
                column: 1,
                message: format!(
                    "`{key}` counts for a whole run, and here for one folder: put it into {}",
                    name_from_here(&self.top.join(FILE_NAME))
                ),
            });
        }
        let mut settings = settings.of_folder(folder);
        let least = |asked: Thresholds| Thresholds {
            confidence: asked.confidence.max(self.least.confidence),
            severity: asked.severity.max(self.least.severity),
        };
        for id in &settings.rules.disable {
            super::known_rule(id, &self.rules).map_err(|cause| {
                let line = text.lines().position(|line| line.contains(&format!("\"{id}\"")));
                let (path, line) = (file.to_owned(), line.unwrap_or(0) + 1);
                ConfigError::Suppressed { path, line, cause: cause.into() }
            })?;
        }
        let thresholds = Thresholds {
            confidence: settings.scan.min_confidence.unwrap_or(self.least.confidence),
            severity: settings.scan.min_severity.unwrap_or(self.least.severity),
        };
        Ok(Layer {
            folder: Some(folder.to_owned()),
            file: file.display().to_string(),
            excluded: Excluded::new(&settings.scan.exclude)?,
            thresholds: Some(least(thresholds)),
            suppressions: super::suppressions(std::mem::take(&mut settings.suppress), &self.rules)?,
            disabled: settings.rules.disable,
        })
    }

    /// The layers that speak of a file, the innermost first.
    fn of(&self, path: &BStr) -> Arc<[Arc<Layer>]> {
        let folder = match path.rfind_byte(b'/') {
            None => BStr::new(""),
            // What lies in the root of all.
            Some(0) => BStr::new("/"),
            Some(end) => path[..end].as_bstr(),
        };
        let known = |by_folder: &Mutex<ByFolder>| {
            by_folder.lock().unwrap_or_else(PoisonError::into_inner).get(folder).cloned()
        };
        if let Some(layers) = known(&self.by_folder) {
            return layers;
        }
        let inside = absolute(&folder.to_path_lossy());
        self.look_into(&inside);
        let layers = self.layers.read().unwrap_or_else(PoisonError::into_inner);
        let speaks = |layer: &&Arc<Layer>| {
            layer.folder.as_ref().is_none_or(|folder| inside.starts_with(folder))
        };
        let layers: Arc<[_]> = layers.iter().filter(speaks).cloned().collect();
        // All configurations that speak of the folder are known now: those in it, and those above.
        let mut by_folder = self.by_folder.lock().unwrap_or_else(PoisonError::into_inner);
        by_folder.insert(folder.to_owned(), layers.clone());
        layers
    }

    /// Those that speak of what is no file.
    fn of_all(&self) -> Arc<[Arc<Layer>]> {
        let layers = self.layers.read().unwrap_or_else(PoisonError::into_inner);
        layers.iter().filter(|layer| layer.folder.is_none()).cloned().collect()
    }

    fn of_candidate(&self, found: &Candidate) -> Arc<[Arc<Layer>]> {
        match &found.location.origin.path {
            Some(path) => self.of(path.as_bstr()),
            None => self.of_all(),
        }
    }

    /// The configuration of a folder that leaves out the file at `path`, named from the current directory.
    #[must_use]
    pub fn excluding(&self, path: &BStr) -> Option<String> {
        let layers = self.of(path);
        let layer = layers.iter().find(|layer| layer.excluded.has(path))?;
        Some(layer.file.clone())
    }

    /// What is reported of the file at `path` by the configurations of its folders, and which these are.
    #[must_use]
    pub fn thresholds(&self, path: &BStr) -> Vec<(Thresholds, String)> {
        let layers = self.of(path);
        let given = layers.iter().filter_map(|layer| Some((layer.thresholds?, layer.file.clone())));
        given.collect()
    }

    /// Whether a walk leaves out a file, or a folder with all that is in it. Folders come before what is in
    /// them.
    pub(crate) fn exclude_entry(&self, path: &Path, is_folder: bool) -> bool {
        let absolute = is_folder.then(|| absolute(path));
        let is_one = || {
            let layers = self.layers.read().unwrap_or_else(PoisonError::into_inner);
            layers.len() > 1 && layers.iter().any(|layer| layer.excluded.has_entry(path, is_folder))
        };
        if is_one() {
            return true;
        }
        if let Some(folder) = absolute {
            self.look_into(&folder);
        }
        false
    }

    /// Whether a candidate is reported by what the folders around it say.
    #[must_use]
    pub fn admit(&self, found: &Candidate) -> bool {
        self.of_candidate(found)
            .iter()
            .all(|layer| layer.thresholds.is_none_or(|thresholds| thresholds.admit(found)))
    }

    /// Who excuses a secret in its place. `fingerprint` is only asked if need be, as it may be slow.
    pub fn excuse<'f>(
        &self,
        found: &Candidate,
        fingerprint: impl Fn() -> &'f Fingerprint,
    ) -> Option<Arc<Excuse>> {
        self.of_candidate(found).iter().find_map(|layer| {
            if layer.disabled.iter().any(|id| found.rule.is_called(id)) {
                return Some(Arc::new(Excuse {
                    by: Authority::Configuration,
                    place: Some(layer.file.clone()),
                    reason: format!("the rule {} does not work in this folder", found.rule.id()),
                    author: None,
                    expires: None,
                }));
            }
            let mut all = layer.suppressions.iter();
            let one = all.find(|one| one.has(found, &fingerprint))?;
            Some(one.excuse.clone())
        })
    }

    /// All suppressions of configuration files that were found, with what they excuse.
    #[must_use]
    pub fn suppressions(&self) -> Vec<(Arc<Excuse>, String)> {
        let layers = self.layers.read().unwrap_or_else(PoisonError::into_inner);
        let all = layers.iter().flat_map(|layer| &layer.suppressions);
        all.map(|one| (one.excuse.clone(), one.to_string())).collect()
    }

    /// The configuration files that are flawed, and do not count.
    #[must_use]
    pub fn flaws(&self) -> Vec<Skip> {
        self.flaws.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
