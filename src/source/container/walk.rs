//! The way through a blob, and through all that is in it.

use super::limits::{DEPTH, Given, Limits, Taken};
use super::{Broken, Content, Flaw, Format, Input, Members};
use crate::blob::{INTO, Via, member, members};
use crate::coverage::Skip;
use crate::source::encoding::Buffer;
use crate::source::text::Text;
use bstr::{BStr, BString, ByteSlice};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

/// What takes the texts that a blob holds: itself, or those of its members.
pub trait Texts {
    /// Takes a text, with the members that lead to it.
    ///
    /// # Errors
    ///
    /// When it cannot be read to its end.
    fn take(&mut self, via: &[Via], text: Text) -> io::Result<()>;
}

/// A walk through a blob.
pub struct Walk<'w> {
    texts: &'w mut dyn Texts,
    /// Where bytes are read into, one for each container that stands in another.
    buffers: &'w mut Vec<Buffer>,
    limits: &'w Limits,
    /// What the blob is called.
    name: BString,
    /// The members that lead to where the walk is.
    via: Vec<Via>,
    /// What could not be looked at: for each reason the first place, and how many there are.
    flaws: BTreeMap<Flaw, (Vec<Via>, u64)>,
    /// Whether a limit ends the walk.
    stopped: bool,
}

/// What a walk through a blob has seen.
#[derive(Debug)]
pub struct Walked {
    /// Bytes of the blob itself.
    pub bytes: u64,
    /// Members of containers.
    pub members: u32,
    /// What could not be looked at, as parts of the file `path` of the [`Skip`].
    pub skipped: Vec<Skip>,
    /// Whether the blob itself was read to its end.
    pub read: io::Result<()>,
}

impl Walk<'_> {
    /// Hands all texts of a blob that is called `name` to `texts`.
    pub fn through(
        name: &BStr,
        mut input: Input,
        texts: &mut dyn Texts,
        buffers: &mut Vec<Buffer>,
    ) -> Walked {
        let limits = &Limits::new();
        let (name, via, flaws) = (name.to_owned(), Vec::new(), BTreeMap::new());
        let mut walk = Walk { texts, buffers, limits, name, via, flaws, stopped: false };
        let read = match &mut input {
            Input::Stream(stream) => {
                let mut taken = Taken { inner: stream, limits };
                walk.blob(&mut Input::Stream(&mut taken))
            }
            input => walk.blob(input),
        };
        let bytes = match &input {
            Input::Bytes(bytes) => bytes.get_ref().len() as u64,
            Input::File(_, read) => limits.taken.get().max(*read),
            Input::Stream(_) => limits.taken.get(),
        };
        Walked { bytes, members: limits.members(), skipped: walk.skipped(), read }
    }

    /// Hands over a blob: a text, or what is in it.
    fn blob(&mut self, input: &mut Input) -> io::Result<()> {
        let mut buffer = self.buffers.pop().unwrap_or_default();
        let text = Text::open(input, &mut buffer);
        let read = match text.container() {
            Some(format) => {
                drop(text);
                self.open(format, buffer.bytes(), input);
                Ok(())
            }
            None => self.texts.take(&self.via, text),
        };
        self.buffers.push(buffer);
        read
    }

    /// Walks through the container that begins with `head`.
    fn open(&mut self, format: &dyn Format, head: &[u8], input: &mut Input) {
        if self.via.len() >= DEPTH {
            return self.note(Flaw::Deep);
        }
        match &*input {
            Input::Bytes(bytes) => self.limits.taken.set(bytes.get_ref().len() as u64),
            Input::File(file, _) => self.limits.taken.set(file.metadata().map_or(0, |m| m.len())),
            Input::Stream(_) => {}
        }
        let mut content = Content::again(self.inner_name().to_owned(), head, input);
        let free = self.limits.free.get();
        if format.seeks() {
            match content.hold(free) {
                Ok(Some(count)) => self.limits.free.set(free - count),
                Ok(None) => {
                    self.note(Flaw::Large);
                    return self.text(&mut content);
                }
                Err(e) => return self.note(e.into()),
            }
        }
        let before = self.limits.members();
        let walked = format.walk(&mut content, self);
        if let Err(Broken::Flaw(flaw)) = walked {
            self.note(flaw);
            // Something may stand in it all the same.
            let is_unopened = self.limits.members() == before;
            if is_unopened && !format.is_text() && content.is_sought() {
                self.text(&mut content);
            }
        }
        if format.is_text() {
            self.text(&mut content);
        }
        self.limits.free.set(free);
    }

    /// Hands over the bytes of a container as they stand.
    fn text(&mut self, content: &mut Content) {
        if content.is_sought()
            && let Err(e) = content.rewind()
        {
            return self.note(e.into());
        }
        let mut buffer = self.buffers.pop().unwrap_or_default();
        let read = self.texts.take(&self.via, Text::open(content, &mut buffer));
        self.buffers.push(buffer);
        if let Err(e) = read {
            self.note(e.into());
        }
    }

    /// What the container is called in which the walk is.
    fn inner_name(&self) -> &BStr {
        member(&self.via).map_or(self.name.as_bstr(), Into::into)
    }

    /// Notes what is wrong with the place where the walk is.
    fn note(&mut self, flaw: Flaw) {
        // What follows from a limit is told with it.
        if !self.stopped && !self.limits.is_spent() {
            self.add(flaw);
        }
    }

    /// Notes the limit that ends the walk.
    fn stop(&mut self, limit: Flaw) {
        if !std::mem::replace(&mut self.stopped, true) {
            self.add(limit);
        }
    }

    fn add(&mut self, flaw: Flaw) {
        self.flaws.entry(flaw).or_insert_with(|| (self.via.clone(), 0)).1 += 1;
    }

    fn skipped(self) -> Vec<Skip> {
        let skip = |(flaw, (via, count)): (Flaw, (Vec<Via>, u64))| {
            let what = match members(&via, INTO) {
                None => flaw.to_string(),
                Some(member) => format!("holds {member}, which {flaw}"),
            };
            let more = match count {
                1 => String::new(),
                2 => " (and one more)".to_owned(),
                count => format!(" (and {} more)", count - 1),
            };
            let reason = format!("{what}{more}");
            Skip { path: self.name.to_string(), reason, mend: Some(flaw.mend()) }
        };
        self.flaws.into_iter().map(skip).collect()
    }
}

impl Members for Walk<'_> {
    fn take(&mut self, name: &[u8], content: &mut dyn Read) -> Result<(), Broken> {
        let name = name.strip_prefix(b"./").unwrap_or(name);
        self.via.push(Via::Member(name.to_str_lossy().into_owned()));
        let taken = self.take_here(content);
        self.via.pop();
        taken
    }

    fn lack(&mut self, name: &[u8], flaw: Flaw) {
        self.via.push(Via::Member(name.to_str_lossy().into_owned()));
        self.note(flaw);
        self.via.pop();
    }

    fn most_held(&self) -> usize {
        self.limits.free.get()
    }
}

impl Walk<'_> {
    /// Takes the member that `via` ends with.
    fn take_here(&mut self, content: &mut dyn Read) -> Result<(), Broken> {
        if !self.limits.count_member() {
            self.stop(Flaw::Members);
            return Err(Broken::Stop);
        }
        let mut given = Given { inner: content, limits: self.limits };
        let read = self.blob(&mut Input::Stream(&mut given));
        if self.limits.is_spent() {
            self.stop(Flaw::Inflated);
        }
        if self.stopped {
            return Err(Broken::Stop);
        }
        if let Err(e) = read {
            self.note(e.into());
        }
        Ok(())
    }
}
