//! What became of secrets along a graph of commits: which commits brought each into a path, and which
//! took it out again.

use super::bits::Bits;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A secret at a path, or in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Item<P> {
    /// The number of the secret.
    pub(super) secret: u32,
    /// The path; `None` for the message of a commit.
    pub(super) path: Option<P>,
}

/// What became of an item: the commits by their place in the graph.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// Each commit that brought it in, with those that took it out again.
    pub(super) brought: Vec<(usize, Vec<usize>)>,
    /// The numbers of the events of `brought`, in the same order.
    events: Vec<usize>,
    removals: Vec<Removal>,
}

#[derive(Debug)]
struct Removal {
    event: usize,
    /// The events that it undoes.
    after: Bits,
}

/// A path in a commit and its parents, with the sorted secrets that it holds there.
pub(super) struct Versions<'a> {
    /// In each parent.
    pub(super) before: &'a [&'a [u32]],
    /// In the commit.
    pub(super) after: &'a [u32],
}

/// The lives of all items, told commit by commit, parents before children.
pub(super) struct Lives<P> {
    pub(super) list: BTreeMap<Item<P>, Life>,
    /// For each event, the secret that it brought in.
    secrets: Vec<Option<u32>>,
    /// The events in the history of each commit; of those that were not walked, there are none.
    behind: Vec<Option<Rc<Bits>>>,
}

/// A commit as it is walked.
pub(super) struct Step<'a> {
    /// Its place in the graph.
    pub(super) place: usize,
    /// The places of its parents.
    pub(super) parents: &'a [usize],
    /// The events in its history.
    behind: Rc<Bits>,
}

impl<P: Ord + Clone> Lives<P> {
    /// Nothing is told yet of a graph of so many commits.
    pub(super) fn new(commits: usize) -> Self {
        Self { list: BTreeMap::new(), secrets: Vec::new(), behind: vec![None; commits] }
    }

    /// Comes to the commit at `place`.
    pub(super) fn step<'s>(&self, place: usize, parents: &'s [usize]) -> Step<'s> {
        let mut behind: Rc<Bits> = Rc::default();
        for events in parents.iter().filter_map(|parent| self.behind[*parent].as_ref()) {
            if Rc::ptr_eq(&behind, events) || behind.covers(events) {
                continue;
            }
            if events.covers(&behind) {
                behind = events.clone();
                continue;
            }
            let mut both = (*behind).clone();
            both.add(events);
            behind = Rc::new(both);
        }
        Step { place, parents, behind }
    }

    /// Leaves a commit, and returns the events in its history.
    pub(super) fn leave(&mut self, step: Step) -> Rc<Bits> {
        self.behind[step.place] = Some(step.behind.clone());
        step.behind
    }

    /// Forgets what lies behind a commit whose children were all walked.
    pub(super) fn forget(&mut self, place: usize) {
        self.behind[place] = None;
    }

    /// The secrets that events brought in.
    pub(super) fn secrets_in(&self, events: &Bits) -> Bits {
        let secrets = events.iter().filter_map(|event| self.secrets[event]);
        secrets.map(|secret| secret as usize).collect()
    }

    /// Compares a path in a commit with that in its parents.
    pub(super) fn compare(&mut self, step: &mut Step, path: &P, versions: &Versions) {
        let holds = |set: &[u32], secret: &u32| set.binary_search(secret).is_ok();
        let item = |secret| Item { secret, path: Some(path.clone()) };
        for secret in versions.after {
            if !versions.before.iter().any(|before| holds(before, secret)) {
                self.bring(step, item(*secret));
            }
        }
        let before = versions.before.iter().flat_map(|before| before.iter()).copied();
        let lost: BTreeSet<u32> = before.filter(|secret| !holds(versions.after, secret)).collect();
        for secret in lost {
            let parents = step.parents.iter().zip(versions.before);
            let lacking = parents.filter(|(_, before)| !holds(before, &secret));
            let lacking: Vec<usize> = lacking.map(|(parent, _)| *parent).collect();
            self.take(step, &item(secret), &lacking);
        }
    }

    /// Notes that a commit brings an item in.
    pub(super) fn bring(&mut self, step: &mut Step, item: Item<P>) {
        let event = self.secrets.len();
        self.secrets.push(Some(item.secret));
        let life = self.list.entry(item).or_default();
        life.brought.push((step.place, Vec::new()));
        life.events.push(event);
        Rc::make_mut(&mut step.behind).insert(event);
    }

    /// Notes that a commit takes an item out, which its parents `lacking` lack.
    fn take(&mut self, step: &mut Step, item: &Item<P>, lacking: &[usize]) {
        let Some(life) = self.list.get_mut(item) else { return };
        let behind = &mut step.behind;
        // What a parent that lacks it had once, that parent has taken out itself.
        let lacking = lacking.iter().filter_map(|parent| self.behind[*parent].as_deref());
        let lacking: Vec<&Bits> = lacking.collect();
        let is_ours =
            |event: &usize| behind.has(*event) && !lacking.iter().any(|parent| parent.has(*event));
        let after: Bits = life.events.iter().copied().filter(is_ours).collect();
        if after.is_empty() {
            return;
        }
        let mut gone = Bits::default();
        for removal in life.removals.iter().filter(|removal| behind.has(removal.event)) {
            gone.add(&removal.after);
        }
        let brought = life.events.iter().zip(&mut life.brought);
        for (_, (_, removed)) in
            brought.filter(|(event, _)| after.has(**event) && !gone.has(**event))
        {
            removed.push(step.place);
        }
        let event = self.secrets.len();
        self.secrets.push(None);
        life.removals.push(Removal { event, after });
        Rc::make_mut(behind).insert(event);
    }
}
