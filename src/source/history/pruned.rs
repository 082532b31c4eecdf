//! Trees reduced to the secrets in them: two commits with the same reduced tree hold the same secrets
//! in the same paths, so that nearly all commits need not be compared at all.

use super::holders::Holders;
use super::names::NameId;
use crate::kind::FileKind;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A reduced tree, by its number. Equal trees have equal numbers.
pub(super) type NodeId = u32;

/// The tree without secrets.
pub(super) const EMPTY: NodeId = 0;

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    /// A blob with these secrets, by the number of their set.
    Blob(u32),
    Tree(NodeId),
}

/// All reduced trees. A tree has a higher number than those below it.
pub(super) struct Pruned<'a> {
    holders: &'a Holders,
    /// The numbers of the sets of secrets that a blob holds, by the kind of file that it is in a path.
    sets: &'a HashMap<u32, Vec<(FileKind, u32)>>,
    /// The kind of file that each name promises.
    kinds: &'a [FileKind],
    nodes: Vec<Vec<(NameId, Node)>>,
    numbers: HashMap<Vec<(NameId, Node)>, NodeId>,
    by_tree: HashMap<u32, NodeId>,
    cut_short: Cell<bool>,
}

/// Parts of paths that are looked at to compare two commits, as a few trees can name one blob in
/// billions of paths: enough for some 50,000 paths with secrets.
const BUDGET: usize = 500_000;

/// A path at which two trees differ, and the sets of secrets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) path: Vec<NameId>,
    pub(super) before: Option<u32>,
    pub(super) after: Option<u32>,
}

impl<'a> Pruned<'a> {
    pub(super) fn new(
        holders: &'a Holders,
        sets: &'a HashMap<u32, Vec<(FileKind, u32)>>,
        kinds: &'a [FileKind],
    ) -> Self {
        let numbers = HashMap::from([(Vec::new(), EMPTY)]);
        Self {
            holders,
            sets,
            kinds,
            nodes: vec![Vec::new()],
            numbers,
            by_tree: HashMap::new(),
            cut_short: Cell::new(false),
        }
    }

    /// The reduced form of a tree.
    pub(super) fn reduce(&mut self, tree: u32) -> NodeId {
        if self.holders.entries(tree).is_empty() {
            return EMPTY;
        }
        let mut open = vec![tree];
        let mut seen = HashSet::new();
        while let Some(tree) = open.last().copied() {
            let waiting = open.len();
            let below = self.holders.entries(tree).iter().map(|(child, _)| *child);
            // A tree that is in itself, which nobody can make but by a forged object, is left out.
            let first = seen.insert(tree);
            open.extend(below.filter(|child| {
                let known = self.sets.contains_key(child) || self.by_tree.contains_key(child);
                first && !known && !seen.contains(child)
            }));
            if self.by_tree.contains_key(&tree) {
                open.truncate(waiting - 1);
            } else if open.len() == waiting {
                open.pop();
                self.add(tree);
            }
        }
        self.by_tree.get(&tree).copied().unwrap_or(EMPTY)
    }

    /// Adds a tree all of whose subtrees are known.
    fn add(&mut self, tree: u32) {
        let node = |child: &u32, name: NameId| match self.sets.get(child) {
            Some(sets) => {
                let kind = self.kinds[name as usize];
                sets.iter().find(|(known, _)| *known == kind).map(|(_, set)| Node::Blob(*set))
            }
            None => self.by_tree.get(child).map(|node| Node::Tree(*node)),
        };
        let entries = self.holders.entries(tree).iter();
        let mut entries: Vec<_> =
            entries.filter_map(|(child, name)| Some((*name, node(child, *name)?))).collect();
        entries.sort_unstable();
        entries.dedup();
        let known = self.numbers.get(&entries).copied();
        let number = known.unwrap_or_else(|| {
            self.nodes.push(entries.clone());
            self.numbers.insert(entries, self.nodes.len() as NodeId - 1);
            self.nodes.len() as NodeId - 1
        });
        self.by_tree.insert(tree, number);
    }

    /// Where `before` and `after` differ, as long as the budget of a comparison lasts.
    pub(super) fn differences(&self, before: NodeId, after: NodeId) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut path: Vec<NameId> = Vec::new();
        let mut budget = BUDGET;
        // What to compare, and how long the path of its folder is.
        let mut open = vec![(0, None, Some(Node::Tree(before)), Some(Node::Tree(after)))];
        while let Some((depth, name, before, after)) = open.pop() {
            path.truncate(depth);
            path.extend(name);
            if before == after {
                continue;
            }
            let Some(left) = budget.checked_sub(path.len() + 1) else {
                self.cut_short.set(true);
                break;
            };
            budget = left;
            let set = |node: Option<Node>| match node {
                Some(Node::Blob(set)) => Some(set),
                _ => None,
            };
            if set(before).or(set(after)).is_some() {
                let (before, after) = (set(before), set(after));
                found.push(Difference { path: path.clone(), before, after });
            }
            let mut names: BTreeMap<NameId, (Option<Node>, Option<Node>)> = BTreeMap::new();
            for (name, node) in self.below(before) {
                names.entry(*name).or_default().0 = Some(*node);
            }
            for (name, node) in self.below(after) {
                names.entry(*name).or_default().1 = Some(*node);
            }
            let depth = path.len();
            open.extend(names.into_iter().map(|(name, (a, b))| (depth, Some(name), a, b)));
        }
        found
    }

    /// Whether differences were left out.
    pub(super) fn is_cut_short(&self) -> bool {
        self.cut_short.get()
    }

    fn below(&self, node: Option<Node>) -> &[(NameId, Node)] {
        match node {
            Some(Node::Tree(tree)) => &self.nodes[tree as usize],
            Some(Node::Blob(_)) | None => &[],
        }
    }

    /// For each set of secrets the newest of the commits that hold it, given the newest commit of
    /// each reduced root tree.
    pub(super) fn newest(
        &self,
        roots: &HashMap<NodeId, (i64, usize)>,
    ) -> HashMap<u32, (i64, usize)> {
        let mut of_node: HashMap<NodeId, (i64, usize)> = roots.clone();
        let mut of_set: HashMap<u32, (i64, usize)> = HashMap::new();
        // What is below a tree has a lower number.
        for number in (1..self.nodes.len() as NodeId).rev() {
            let Some(newest) = of_node.get(&number).copied() else { continue };
            for (_, node) in &self.nodes[number as usize] {
                let known = match node {
                    Node::Tree(tree) => of_node.entry(*tree).or_insert(newest),
                    Node::Blob(set) => of_set.entry(*set).or_insert(newest),
                };
                *known = newest.max(*known);
            }
        }
        of_set
    }

    /// The set of secrets at a path below a reduced tree.
    pub(super) fn at(&self, root: NodeId, path: &[NameId]) -> Option<u32> {
        let mut node = Node::Tree(root);
        for name in path {
            let below = self.below(Some(node));
            node = below.iter().find(|(known, _)| known == name)?.1;
        }
        match node {
            Node::Blob(set) => Some(set),
            Node::Tree(_) => None,
        }
    }
}
