//! Standard input, under a name that the user gives.

use super::Source;
use super::container::Input;
use crate::blob::Origin;
use crate::coverage::Skip;
use crate::scan::Engine;
use bstr::BString;
use std::io;

/// Standard input.
#[derive(Debug)]
pub struct Stdin {
    /// The name to report it under; it also decides what kind of file it is.
    pub path: Option<BString>,
}

impl Source for Stdin {
    fn feed(&self, engine: &Engine) {
        let name = self.path.clone().unwrap_or_else(|| "stdin".into());
        let mut worker = engine.worker();
        let mut input = io::stdin().lock();
        if let Err(e) = worker.scan(Origin::file(name.clone()), Input::Stream(&mut input)) {
            worker.skip(Skip {
                path: name.to_string(),
                reason: format!("cannot be read to its end: {e}"),
                mend: None,
            });
        }
    }
}
