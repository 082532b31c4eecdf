//! The graph of commits: what each brings in and takes out, and which of these lie behind each ref.

use super::messages::GraphCommit;
use super::names::NameId;
use super::pruned::{Difference, EMPTY, NodeId, Pruned};
use crate::source::bits::Bits;
use crate::source::lives::{Item, Lives, Step, Versions};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// The names that lead to a file.
pub(super) type Path = Rc<[NameId]>;

/// The commits, parents before children.
pub(super) struct Graph {
    pub(super) commits: Vec<GraphCommit>,
    /// The places of each commit's parents, as far as they are there.
    pub(super) parents: Vec<Vec<usize>>,
    /// How many commits have each as a parent.
    children: Vec<usize>,
    /// Whether commits were cut from parents that come behind them.
    pub(super) circular: bool,
}

impl Graph {
    /// Sorts the commits; `place_of` says where in `commits` an id is.
    pub(super) fn new(
        commits: &[GraphCommit],
        place_of: impl Fn(&gix_hash::ObjectId) -> Option<usize>,
    ) -> Self {
        let known: Vec<Vec<usize>> =
            commits.iter().map(|c| c.parents.iter().filter_map(&place_of).collect()).collect();
        let mut children = vec![Vec::new(); commits.len()];
        let mut waiting: Vec<usize> = known.iter().map(Vec::len).collect();
        for (place, parents) in known.iter().enumerate() {
            for parent in parents {
                children[*parent].push(place);
            }
        }
        let mut order: Vec<usize> = (0..commits.len()).filter(|n| waiting[*n] == 0).collect();
        let mut next = 0;
        while let Some(place) = order.get(next).copied() {
            next += 1;
            for child in &children[place] {
                waiting[*child] -= 1;
                if waiting[*child] == 0 {
                    order.push(*child);
                }
            }
        }
        // Nobody's commits go in a circle, unless somebody wants to see what happens.
        let circular = order.len() < commits.len();
        order.extend((0..commits.len()).filter(|place| waiting[*place] > 0));
        let mut new_place = vec![0; commits.len()];
        for (place, old) in order.iter().enumerate() {
            new_place[*old] = place;
        }
        let parents = |old: &usize| {
            let parents = known[*old].iter().map(|parent| new_place[*parent]);
            parents.filter(|parent| *parent < new_place[*old]).collect()
        };
        let parents: Vec<Vec<usize>> = order.iter().map(parents).collect();
        let mut children = vec![0; commits.len()];
        for parent in parents.iter().flatten() {
            children[*parent] += 1;
        }
        Self {
            circular,
            parents,
            children,
            commits: order.iter().map(|old| commits[*old].clone()).collect(),
        }
    }

    /// All commits from `places` back to the roots.
    pub(super) fn history(&self, places: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut seen = vec![false; self.commits.len()];
        let mut open: Vec<usize> = places.into_iter().collect();
        while let Some(place) = open.pop() {
            if !std::mem::replace(&mut seen[place], true) {
                open.extend(&self.parents[place]);
            }
        }
        seen
    }
}

/// The walk over the graph, from the roots on.
pub(super) struct Walk<'a> {
    graph: &'a Graph,
    pruned: &'a Pruned<'a>,
    /// The reduced tree of each commit.
    roots: &'a [NodeId],
    /// The secrets of each set.
    sets: &'a [Vec<u32>],
    pub(super) lives: Lives<Path>,
    paths: HashMap<Vec<NameId>, Path>,
    /// How many children of each commit were not walked yet.
    waiting: Vec<usize>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        pruned: &'a Pruned<'a>,
        roots: &'a [NodeId],
        sets: &'a [Vec<u32>],
    ) -> Self {
        Self {
            graph,
            pruned,
            roots,
            sets,
            lives: Lives::new(graph.commits.len()),
            paths: HashMap::new(),
            waiting: graph.children.clone(),
        }
    }

    /// Walks all commits. `messages` are the secrets in the messages of commits, `tips` the commits
    /// whose history is asked for. Returns for each tip the secrets in its history.
    pub(super) fn run(
        &mut self,
        messages: &HashMap<usize, BTreeSet<u32>>,
        tips: &BTreeSet<usize>,
    ) -> HashMap<usize, Rc<Bits>> {
        let mut of_tips = HashMap::new();
        let mut known: HashMap<*const Bits, (Rc<Bits>, Rc<Bits>)> = HashMap::new();
        for place in 0..self.graph.commits.len() {
            let parents = &self.graph.parents[place];
            let mut step = self.lives.step(place, parents);
            self.compare(&mut step);
            for secret in messages.get(&place).into_iter().flatten() {
                self.lives.bring(&mut step, Item { secret: *secret, path: None });
            }
            let behind = self.lives.leave(step);
            if tips.contains(&place) {
                let (_, secrets) = known
                    .entry(Rc::as_ptr(&behind))
                    .or_insert_with(|| (behind.clone(), Rc::new(self.lives.secrets_in(&behind))));
                of_tips.insert(place, secrets.clone());
            }
            for parent in parents {
                self.waiting[*parent] -= 1;
                if self.waiting[*parent] == 0 {
                    self.lives.forget(*parent);
                }
            }
        }
        of_tips
    }

    /// Compares a commit with all its parents.
    fn compare(&mut self, step: &mut Step) {
        let root = self.roots[step.place];
        let befores: Vec<NodeId> = match step.parents {
            [] => vec![EMPTY],
            parents => parents.iter().map(|parent| self.roots[*parent]).collect(),
        };
        // Nearly always: the same secrets in the same paths.
        if befores.iter().all(|before| *before == root) {
            return;
        }
        let by_parent: Vec<BTreeMap<Vec<NameId>, Difference>> = befores
            .iter()
            .map(|before| {
                let found = self.pruned.differences(*before, root);
                found.into_iter().map(|found| (found.path.clone(), found)).collect()
            })
            .collect();
        let mut paths: BTreeSet<&Vec<NameId>> = BTreeSet::new();
        paths.extend(by_parent.iter().flat_map(BTreeMap::keys));
        let sets = self.sets;
        let secrets = |set: Option<u32>| set.map_or(&[][..], |set| &sets[set as usize]);
        for path in paths {
            let after = by_parent.iter().find_map(|found| found.get(path)).and_then(|d| d.after);
            // Where a parent does not differ, it holds what the commit holds.
            let before = by_parent
                .iter()
                .map(|found| found.get(path).map_or(after, |difference| difference.before));
            let before: Vec<&[u32]> = before.map(secrets).collect();
            let path = self.shared(path);
            self.lives.compare(step, &path, &Versions { before: &before, after: secrets(after) });
        }
    }

    /// A path, kept once.
    fn shared(&mut self, path: &[NameId]) -> Path {
        if let Some(shared) = self.paths.get(path) {
            return shared.clone();
        }
        let shared: Path = path.into();
        self.paths.insert(path.to_vec(), shared.clone());
        shared
    }
}

/// The numbers of sets of secrets.
#[derive(Default)]
pub(super) struct Sets {
    numbers: HashMap<Vec<u32>, u32>,
    pub(super) list: Vec<Vec<u32>>,
}

impl Sets {
    /// The number of a sorted set.
    pub(super) fn number(&mut self, set: Vec<u32>) -> u32 {
        if let Some(number) = self.numbers.get(&set) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(set.clone());
        self.numbers.insert(set, number);
        number
    }
}
