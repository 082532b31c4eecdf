//! Stage 1: where bytes come from. A source pushes blobs to workers that it takes from the engine,
//! so each source owns its parallelism.

pub mod encoding;
mod files;
mod stdin;

pub use files::{Files, Options};
pub use stdin::Stdin;

use crate::scan::Engine;

/// Something that has bytes to scan.
pub trait Source: Sync {
    /// Pushes all blobs to workers of `engine`, and notes what could not be looked at.
    fn feed(&self, engine: &Engine);
}
