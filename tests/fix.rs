//! `blurt fix`: what it makes of a whole application and of awkward texts. What comes out parses, a second
//! scan of it is clean, and nothing that is printed holds a secret.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "fix/awkward.rs"]
mod awkward;
mod common;
#[path = "fix/everything.rs"]
mod everything;
#[path = "fix/files.rs"]
mod files;
#[path = "fix/ground.rs"]
mod ground;
#[path = "fix/lookups.rs"]
mod lookups;
#[path = "fix/sarif.rs"]
mod sarif;
