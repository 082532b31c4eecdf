//! The graph of commits: what each brings in and takes out, and which of these lie behind each ref.

use super::bits::Bits;
use super::messages::GraphCommit;
use super::names::NameId;
use super::pruned::{Difference, EMPTY, NodeId, Pruned};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// A secret at a path, or in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Item {
    /// The number of the secret.
    pub(super) secret: u32,
    /// The path; `None` for the message of a commit.
    pub(super) path: Option<Rc<[NameId]>>,
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

/// The sets of secrets at a path: in a commit, and in each of its parents.
struct Change<'a> {
    path: &'a [NameId],
    befores: Vec<Option<u32>>,
    after: Option<u32>,
}

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
    pub(super) lives: BTreeMap<Item, Life>,
    paths: HashMap<Vec<NameId>, Rc<[NameId]>>,
    /// For each event, the secret that it brought in.
    secrets: Vec<Option<u32>>,
    /// The events in the history of each commit whose children were not all walked.
    behind: Vec<Option<Rc<Bits>>>,
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
            lives: BTreeMap::new(),
            paths: HashMap::new(),
            secrets: Vec::new(),
            behind: vec![None; graph.commits.len()],
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
            let mut behind = self.join(parents);
            self.compare(place, &mut behind);
            for secret in messages.get(&place).into_iter().flatten() {
                self.bring(&mut behind, Item { secret: *secret, path: None }, place);
            }
            if tips.contains(&place) {
                let (_, secrets) = known
                    .entry(Rc::as_ptr(&behind))
                    .or_insert_with(|| (behind.clone(), Rc::new(self.secrets_in(&behind))));
                of_tips.insert(place, secrets.clone());
            }
            self.behind[place] = Some(behind);
            for parent in parents {
                self.waiting[*parent] -= 1;
                if self.waiting[*parent] == 0 {
                    self.behind[*parent] = None;
                }
            }
        }
        of_tips
    }

    fn secrets_in(&self, events: &Bits) -> Bits {
        events
            .iter()
            .filter_map(|event| self.secrets[event])
            .map(|secret| secret as usize)
            .collect()
    }

    /// The events behind any of some commits.
    fn join(&self, parents: &[usize]) -> Rc<Bits> {
        let mut joined: Rc<Bits> = Rc::default();
        for events in parents.iter().filter_map(|parent| self.behind[*parent].as_ref()) {
            if Rc::ptr_eq(&joined, events) || joined.covers(events) {
                continue;
            }
            if events.covers(&joined) {
                joined = events.clone();
                continue;
            }
            let mut both = (*joined).clone();
            both.add(events);
            joined = Rc::new(both);
        }
        joined
    }

    /// Compares a commit with all its parents.
    fn compare(&mut self, place: usize, behind: &mut Rc<Bits>) {
        let root = self.roots[place];
        let befores: Vec<NodeId> = match self.graph.parents[place].as_slice() {
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
        for path in paths {
            let after = by_parent.iter().find_map(|found| found.get(path)).and_then(|d| d.after);
            // Where a parent does not differ, it holds what the commit holds.
            let befores: Vec<Option<u32>> = by_parent
                .iter()
                .map(|found| found.get(path).map_or(after, |difference| difference.before))
                .collect();
            self.compare_path(place, behind, &Change { path, befores, after });
        }
    }

    fn compare_path(&mut self, place: usize, behind: &mut Rc<Bits>, change: &Change) {
        let sets = self.sets;
        let secrets = |set: Option<u32>| set.map_or(&[][..], |set| &sets[set as usize]);
        let holds = |set: Option<u32>, secret: &u32| secrets(set).binary_search(secret).is_ok();
        let path = self.shared(change.path);
        let item = |secret| Item { secret, path: Some(path.clone()) };
        for secret in secrets(change.after) {
            if !change.befores.iter().any(|before| holds(*before, secret)) {
                self.bring(behind, item(*secret), place);
            }
        }
        let before = change.befores.iter().flat_map(|before| secrets(*before)).copied();
        let lost: BTreeSet<u32> = before.filter(|secret| !holds(change.after, secret)).collect();
        for secret in lost {
            let parents = self.graph.parents[place].iter().zip(&change.befores);
            let lacking = parents.filter(|(_, before)| !holds(**before, &secret));
            let lacking: Vec<usize> = lacking.map(|(parent, _)| *parent).collect();
            self.take(behind, &item(secret), place, &lacking);
        }
    }

    /// A path, kept once.
    fn shared(&mut self, path: &[NameId]) -> Rc<[NameId]> {
        if let Some(shared) = self.paths.get(path) {
            return shared.clone();
        }
        let shared: Rc<[NameId]> = path.into();
        self.paths.insert(path.to_vec(), shared.clone());
        shared
    }

    fn bring(&mut self, behind: &mut Rc<Bits>, item: Item, place: usize) {
        let event = self.secrets.len();
        self.secrets.push(Some(item.secret));
        let life = self.lives.entry(item).or_default();
        life.brought.push((place, Vec::new()));
        life.events.push(event);
        Rc::make_mut(behind).insert(event);
    }

    /// Notes that the commit at `place` takes an item out, which its parents `lacking` lack.
    fn take(&mut self, behind: &mut Rc<Bits>, item: &Item, place: usize, lacking: &[usize]) {
        let Some(life) = self.lives.get_mut(item) else { return };
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
            removed.push(place);
        }
        let event = self.secrets.len();
        self.secrets.push(None);
        life.removals.push(Removal { event, after });
        Rc::make_mut(behind).insert(event);
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
