//! Stage 1: where bytes come from. A source pushes blobs to workers that it takes from the engine,
//! so each source owns its parallelism.

mod bits;
mod change;
mod checkout;
mod compare;
pub mod container;
pub mod encoding;
mod exclude;
mod files;
pub mod git;
pub mod history;
mod index;
mod lives;
mod object;
mod range;
mod staged;
mod stdin;
pub mod text;

pub use checkout::{Checkout, CommitFiles};
pub(crate) use exclude::absolute;
pub use exclude::{Excluded, Glob};
pub use files::{Files, Options};
pub(crate) use files::{describe, name, name_from_here, skipped};
pub use history::History;
pub use range::{Markers, Range, Span};
pub use staged::Staged;
pub use stdin::Stdin;

use crate::scan::Engine;

/// Several sources, one after another.
impl Source for Vec<Box<dyn Source>> {
    fn feed(&self, engine: &Engine) {
        for source in self {
            source.feed(engine);
        }
    }
}

/// Something that has bytes to scan.
pub trait Source: Sync {
    /// Pushes all blobs to workers of `engine`, and notes what could not be looked at.
    fn feed(&self, engine: &Engine);

    /// Whether it is the index, so that what is new in it is in no commit.
    fn is_index(&self) -> bool {
        false
    }
}
