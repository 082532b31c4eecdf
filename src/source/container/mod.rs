//! Containers: files that hold other files, or text that is compressed. What they are is told by their
//! first bytes, never by their names.
//!
//! ```text
//! first bytes ─▶ format ─▶ members ─▶ each looked at like a file: text, or a container again
//! ```

mod content;
mod gzip;
mod limits;
mod pdf;
mod sqlite;
mod tar;
mod walk;
mod zip;

pub use content::{Content, Input};
pub use walk::{Texts, Walk, Walked};

use std::io::{self, Read};
use thiserror::Error;

/// A kind of container.
pub trait Format: Sync {
    /// Whether a blob that begins with `head` looks like one. `head` is the whole of a short blob, else at
    /// least 1 kB.
    fn begins(&self, head: &[u8]) -> bool;

    /// Whether it is read from here and there, and not from the first byte to the last.
    fn seeks(&self) -> bool {
        false
    }

    /// Whether its bytes, as they stand, are a text, too.
    fn is_text(&self) -> bool {
        false
    }

    /// Hands all members to `members`, in the order of the container.
    ///
    /// # Errors
    ///
    /// When it cannot be walked to its end. What was handed over before counts.
    fn walk(&self, content: &mut Content, members: &mut dyn Members) -> Result<(), Broken>;
}

/// All formats.
static FORMATS: &[&dyn Format] = &[&zip::Zip, &gzip::Gzip, &tar::Tar, &pdf::Pdf, &sqlite::Sqlite];

/// The container that a blob is, as far as its first bytes tell.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.begins(head))
}

/// What takes the members of a container.
pub trait Members {
    /// Takes a member, with its name as it stands in the container. What of `content` is left when this
    /// returns is of no interest.
    ///
    /// # Errors
    ///
    /// When no more members are wanted.
    fn take(&mut self, name: &[u8], content: &mut dyn Read) -> Result<(), Broken>;

    /// Notes what is wrong with a member.
    fn lack(&mut self, name: &[u8], flaw: Flaw);

    /// The most bytes that may be held in memory for one purpose.
    fn most_held(&self) -> usize;
}

/// Why a walk ended before its time.
#[derive(Debug)]
pub enum Broken {
    /// By what is wrong with the container.
    Flaw(Flaw),
    /// As a limit was met, which is noted.
    Stop,
}

impl From<Flaw> for Broken {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw(flaw)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Flaw(error.into())
    }
}

/// Why a container, or a member of one, cannot be looked at, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Flaw {
    /// It needs a password.
    #[error("is encrypted")]
    Encrypted,
    /// It is compressed by a method that is not known here.
    #[error("is compressed in a way that blurt does not read ({0})")]
    Method(String),
    /// It ends before its end.
    #[error("is cut off")]
    Cut,
    /// Its parts do not fit together.
    #[error("is damaged")]
    Damaged,
    /// Behind its end, something follows that is no part of it.
    #[error("has bytes behind its end that are no part of it")]
    Behind,
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unread(String),
    /// It stands in too many containers.
    #[error("stands in more than {} containers, one in another", limits::DEPTH)]
    Deep,
    /// There are too many members before it.
    #[error("is more than {} members behind the first", limits::MEMBERS)]
    Members,
    /// What came out up to here is too much.
    #[error(
        "is where more came out than {}, and than {} times what went in: the rest was not \
             looked at",
        Megabytes(limits::FREE),
        limits::RATIO
    )]
    Inflated,
    /// It has to be in memory, and is too large for that.
    #[error("does not fit into the {} that containers may take in memory", Megabytes(limits::HELD as u64))]
    Large,
}

impl Flaw {
    /// What mends it.
    #[must_use]
    pub fn mend(&self) -> String {
        let act = match self {
            Self::Cut | Self::Damaged | Self::Behind | Self::Unread(_) => {
                "replace it by a sound one"
            }
            _ => "unpack it and scan what comes out",
        };
        format!("{act}, or leave the file out (`exclude` in .blurt.toml, or --exclude)")
    }
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Cut,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::Damaged,
            _ => Self::Unread(error.to_string()),
        }
    }
}

/// A number of bytes for people.
struct Megabytes(u64);

impl std::fmt::Display for Megabytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} MiB", self.0 >> 20)
    }
}

/// The number that some bytes are, the lowest first.
fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The number that some bytes are, the highest first.
fn big(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
