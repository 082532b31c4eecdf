//! A project: what is at the service, a developer's clone of it, and the clones that services make.

use crate::common::repo::Repo;
use crate::common::said;
use assert_cmd::Command;
use std::fs;

/// A file, and what stands in it.
pub type File<'a> = (&'a str, &'a str);

/// A project.
pub struct Project {
    /// The developer's clone.
    pub dev: Repo,
    /// The bare repository at the service.
    pub origin: Repo,
}

/// How much of the history a clone gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// One commit.
    One,
    /// All branches and tags.
    All,
}

/// A request of the branch `cart` to `main`.
pub struct Request {
    /// The tip of `main` when it was opened.
    pub base: String,
    /// The tip of `cart`.
    pub head: String,
    /// The merge of both that the service makes on trial.
    pub merge: String,
}

impl Project {
    /// A project whose `main` has these files. The developer has begun the branch `cart`.
    pub fn new(files: &[File]) -> Self {
        let dev = Repo::folder();
        let origin = dev.beside("origin");
        dev.git(&["init", "-q", "--template=", "--bare", "../origin"]);
        dev.git(&["init", "-q", "--template="]);
        origin.configure("config", "[receive]\n\tautogc = false\n");
        dev.configure(".git/config", &remote(&origin));
        dev.write("README", "A shop.\n");
        let project = Self { dev, origin };
        project.commit(files);
        project.push("main");
        project.dev.git(&["checkout", "-q", "-b", "cart"]);
        project
    }

    /// Commits these files, with all else that was changed, and returns the commit.
    pub fn commit(&self, files: &[File]) -> String {
        for (path, text) in files {
            self.dev.write(path, text);
        }
        self.dev.git(&["add", "--all"]);
        self.dev.git(&["commit", "-q", "--allow-empty", "-m", "Edit"]);
        self.dev.id("HEAD")
    }

    /// Pushes what a refspec says.
    pub fn push(&self, refspec: &str) {
        self.dev.git(&["push", "-q", "origin", refspec]);
    }

    /// Commits these files on `main`, pushes it and goes back to `cart`.
    pub fn move_main(&self, files: &[File]) -> String {
        self.dev.git(&["checkout", "-q", "main"]);
        let commit = self.commit(files);
        self.push("main");
        self.dev.git(&["checkout", "-q", "cart"]);
        commit
    }

    /// Opens the request, from a branch of the project.
    pub fn open(&self) -> Request {
        self.open_with(&["cart"])
    }

    /// Opens the request; the project itself does not get the branch.
    pub fn open_from_fork(&self) -> Request {
        self.open_with(&[])
    }

    fn open_with(&self, branches: &[&str]) -> Request {
        let (base, head) = (self.dev.id("refs/remotes/origin/main"), self.dev.id("cart"));
        let tree = self.dev.ask(&["merge-tree", "--write-tree", &base, &head]);
        let merge = ["commit-tree", &tree, "-p", &base, "-p", &head, "-m", "Merge"];
        let merge = self.dev.git(&merge);
        let refs = [format!("+{head}:refs/pull/12/head"), format!("+{merge}:refs/pull/12/merge")];
        self.dev.git(&[&["push", "-q", "origin", &refs[0], &refs[1]], branches].concat());
        Request { base, head, merge }
    }

    /// A folder for a clone: a repository that knows `origin`.
    pub fn empty_clone(&self) -> Repo {
        let mut clones = (1..).map(|n| self.dev.beside(&format!("clone{n}")));
        let clone = clones.find(|clone| !clone.path().exists()).unwrap();
        fs::create_dir(clone.path()).unwrap();
        clone.git(&["init", "-q", "--template="]);
        clone.configure(".git/config", &remote(&self.origin));
        clone
    }

    /// A clone in which the ref `name` holds `commit`, made as actions/checkout makes it:
    /// <https://github.com/actions/checkout#fetch-all-history-for-all-tags-and-branches>, the commands
    /// at <https://github.com/actions/checkout/blob/main/src/ref-helper.ts>.
    pub fn checkout(&self, depth: Depth, commit: &str, name: &str) -> Repo {
        let clone = self.empty_clone();
        let wanted = format!("+{commit}:{name}");
        let mut fetch = vec!["fetch", "-q", "--no-tags", "--prune", "--no-recurse-submodules"];
        match depth {
            Depth::One => fetch.extend(["--depth=1", "origin", &wanted]),
            Depth::All => {
                let all = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
                fetch.extend([&["origin"], &all[..]].concat());
                fetch.extend(name.contains("/pull/").then_some(&*wanted));
            }
        }
        clone.git(&fetch);
        match name.strip_prefix("refs/remotes/origin/") {
            Some(branch) => clone.git(&["checkout", "-q", "--force", "-B", branch, name]),
            None => clone.git(&["checkout", "-q", "--force", name]),
        };
        clone
    }

    /// The clone for a request.
    pub fn checkout_merge(&self, depth: Depth, request: &Request) -> Repo {
        self.checkout(depth, &request.merge, "refs/remotes/pull/12/merge")
    }

    /// The clone for a push to a branch.
    pub fn checkout_branch(&self, depth: Depth, branch: &str) -> Repo {
        let commit = self.origin.id(branch);
        self.checkout(depth, &commit, &format!("refs/remotes/origin/{branch}"))
    }
}

/// What `git remote add origin` writes.
fn remote(origin: &Repo) -> String {
    format!(
        "[remote \"origin\"]\n\turl = {}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
        origin.url()
    )
}

impl Repo {
    /// Adds to the configuration, and has git not wait for the disk.
    fn configure(&self, file: &str, more: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}[core]\n\tfsync = none\n{more}")).unwrap();
    }

    /// Does as a report says.
    pub fn follow(&self, command: &str) {
        let mut shell = Command::new("sh");
        let path = std::env::var_os("PATH").unwrap_or_default();
        shell.current_dir(self.path()).env_clear().env("PATH", path).env("HOME", self.parent());
        let said = said(shell.args(["-c", command]));
        assert_eq!(said.status, Some(0), "{command}: {said:?}");
    }
}
