//! The hiding places: each function puts one secret into the repository, leaves `main` checked out,
//! and says where it has to be found.

use crate::expected::Hidden;
use crate::repo::{BEN, Repo};

/// Hides one secret.
type HidingPlace = fn(&Repo) -> Hidden;

/// A repository with a secret in every place that one repository can have, and in a mixture of
/// packs and loose objects.
pub fn planted() -> (Repo, Vec<Hidden>) {
    let repo = Repo::new();
    let mut hidden = vec![root_commit(&repo)];
    // It empties all reflogs, so it comes before what hides in them.
    hidden.push(dangling_commit(&repo));
    let storeys: [&[HidingPlace]; 3] = [
        &[
            taken_out,
            deleted_file,
            renamed_file,
            brought_back,
            binary_file,
            foreign_name,
            commit_message,
            tag_message,
            note,
        ],
        &[
            other_branch,
            two_branches,
            second_parent,
            evil_merge,
            octopus_merge,
            discarded_by_merge,
            taken_out_on_a_branch,
        ],
        &[amended_commit, older_stash, newest_stash, linked_worktree, unreachable_blob],
    ];
    for storey in storeys {
        repo.git(&["repack", "-dq"]);
        hidden.extend(storey.iter().map(|place| place(&repo)));
    }
    // What stands at the tip of main stands in the newest commit of all.
    repo.commit("last.txt", "the end\n");
    hidden.push(staged(&repo));
    assert!(repo.packs().len() > 1 && repo.loose() > 10, "packs and loose objects");
    (repo, hidden)
}

fn root_commit(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("root commit");
    let commit = repo.commit("root.py", hidden.text());
    hidden.in_file("root.py", &commit, &[]).in_working_tree("root.py")
}

/// No branch has it, and no reflog.
fn dangling_commit(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("dangling commit");
    repo.git(&["checkout", "-q", "-b", "doomed"]);
    let commit = repo.commit("dangling.py", hidden.text());
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "doomed"]);
    repo.git(&["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
    hidden.in_file("dangling.py", &commit, &[])
}

fn taken_out(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("taken out");
    let added = repo.commit_as(&BEN, "taken out.py", hidden.text());
    let removed = repo.commit("taken out.py", "t = input()\n");
    hidden.in_file("taken out.py", &added, &[&removed])
}

fn deleted_file(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("deleted file");
    let added = repo.commit("deleted.py", hidden.text());
    repo.git(&["rm", "-q", "deleted.py"]);
    repo.git_as(&BEN, &["commit", "-q", "-m", "Not needed any more"]);
    hidden.in_file("deleted.py", &added, &[&repo.id("HEAD")])
}

fn renamed_file(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("renamed file");
    let added = repo.commit("old name.py", hidden.text());
    repo.git(&["mv", "old name.py", "new name.py"]);
    repo.git(&["commit", "-q", "-m", "A better name"]);
    let renamed = repo.id("HEAD");
    hidden
        .in_file("old name.py", &added, &[&renamed])
        .in_file("new name.py", &renamed, &[])
        .in_working_tree("new name.py")
}

fn brought_back(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("brought back");
    let first = repo.commit("back.py", hidden.text());
    let removed = repo.commit("back.py", "t = input()\n");
    let second = repo.commit_as(&BEN, "back.py", format!("import os\n{}", hidden.text()));
    hidden
        .in_file("back.py", &first, &[&removed])
        .in_file("back.py", &second, &[])
        .in_working_tree("back.py")
}

/// Where git takes the file for binary.
fn binary_file(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("binary file");
    let head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\x90\xc3\n\xff\xfe\xe9\0\0\0";
    let content = [head, hidden.secret.as_bytes(), b"\0\0\0\0\x01\0\0\0\xc3\x90"].concat();
    let added = repo.commit("program.bin", content);
    let numbers = repo.ask(&["show", "--numstat", "--format=", "HEAD"]);
    assert_eq!(numbers, "-\t-\tprogram.bin", "git sees text");
    let removed = repo.commit("program.bin", b"\x7fELF\x02\x01\x01\0\0\0\0\0\x90\xc3");
    hidden.in_file("program.bin", &added, &[&removed])
}

fn foreign_name(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("foreign name");
    let name = "données/clé secrète 漢字.env";
    // Columns are characters, not bytes.
    let commit = repo.commit(name, format!("# clé\nclé_漢字 = \"{}\"\n", hidden.secret));
    hidden.in_file(name, &commit, &[]).in_working_tree(name)
}

/// In the third line: the first would also stand in the reflog.
fn commit_message(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("commit message");
    repo.write("message.py", "t = input()\n");
    repo.git(&["add", "message.py"]);
    let message = format!("Explain it\n\nthe new one is t = \"{}\"\n", hidden.secret);
    repo.git_as(&BEN, &["commit", "-q", "-m", &message]);
    hidden.in_commit_message(&repo.id("HEAD"))
}

fn tag_message(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("tag message");
    let message = format!("First release\n\nmade with\nt = \"{}\"\n", hidden.secret);
    repo.git(&["tag", "-a", "v1", "-m", &message]);
    hidden.in_tag_message("v1")
}

fn note(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("note");
    let commit = repo.id("HEAD~1");
    repo.git_as(
        &BEN,
        &["notes", "add", "-m", &format!("seen\nt = \"{}\"", hidden.secret), &commit],
    );
    hidden.in_note(&commit)
}

fn other_branch(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("other branch");
    repo.git(&["checkout", "-q", "-b", "feature/other"]);
    let commit = repo.commit("other.py", hidden.text());
    repo.git(&["checkout", "-q", "main"]);
    hidden.in_file("other.py", &commit, &[])
}

/// Neither knows of the other.
fn two_branches(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("two branches");
    let [left, right] = ["left", "right"].map(|branch| {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.commit("both.py", format!("# {branch}\n{}", hidden.text()))
    });
    repo.git(&["checkout", "-q", "main"]);
    hidden.in_file("both.py", &left, &[]).in_file("both.py", &right, &[])
}

/// It came in on the branch, and not with the merge.
fn second_parent(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("second parent");
    repo.git(&["checkout", "-q", "-b", "side"]);
    let commit = repo.commit_as(&BEN, "side.py", hidden.text());
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("main.py", "print(1)\n");
    repo.git(&["merge", "-q", "--no-ff", "--no-edit", "side"]);
    hidden.in_file("side.py", &commit, &[]).in_working_tree("side.py")
}

/// No parent has it.
fn evil_merge(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("evil merge");
    repo.git(&["checkout", "-q", "-b", "evil"]);
    repo.commit("evil.py", "# evil\nt = input()\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "evil"]);
    let merge = repo.commit("evil.py", hidden.text());
    assert_eq!(repo.ask(&["rev-list", "--parents", "-1", &merge]).split(' ').count(), 3);
    let removed = repo.commit("evil.py", "t = input()\n");
    hidden.in_file("evil.py", &merge, &[&removed])
}

/// Three branches come to main at once, the last one with the secret.
fn octopus_merge(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("octopus merge");
    let [_, _, commit] = ["arm-1", "arm-2", "arm-3"].map(|branch| {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        let text = if branch == "arm-3" { hidden.text() } else { "t = input()\n".to_owned() };
        repo.commit(&format!("{branch}.py"), text)
    });
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("keel.py", "print(2)\n");
    repo.git(&["merge", "-q", "--no-edit", "arm-1", "arm-2", "arm-3"]);
    assert_eq!(repo.ask(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 5);
    hidden.in_file("arm-3.py", &commit, &[]).in_working_tree("arm-3.py")
}

/// A merge that takes nothing of the branch is what takes the secret out: nobody else did.
fn discarded_by_merge(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("discarded by merge");
    repo.git(&["checkout", "-q", "-b", "discarded"]);
    let commit = repo.commit("discarded.py", hidden.text());
    repo.git(&["checkout", "-q", "main"]);
    repo.git_as(&BEN, &["merge", "-q", "-s", "ours", "--no-edit", "discarded"]);
    hidden.in_file("discarded.py", &commit, &[&repo.id("HEAD")])
}

/// Main had it until the merge, but the branch has taken it out.
fn taken_out_on_a_branch(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("taken out on a branch");
    let added = repo.commit("tidy.py", hidden.text());
    repo.git(&["checkout", "-q", "-b", "tidy"]);
    let removed = repo.commit_as(&BEN, "tidy.py", "t = input()\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("meanwhile.py", "print(3)\n");
    repo.git(&["merge", "-q", "--no-ff", "--no-edit", "tidy"]);
    hidden.in_file("tidy.py", &added, &[&removed])
}

/// Only reflogs know of the first version of the commit.
fn amended_commit(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("amended commit");
    let commit = repo.commit("amended.py", hidden.text());
    repo.write("amended.py", "t = input()\n");
    repo.git(&["add", "amended.py"]);
    repo.git(&["commit", "-q", "--amend", "--no-edit"]);
    hidden.in_file("amended.py", &commit, &[])
}

/// Only the reflog of `refs/stash` will know of it, as another one is stashed next.
fn older_stash(repo: &Repo) -> Hidden {
    stashed(repo, "older stash")
}

fn newest_stash(repo: &Repo) -> Hidden {
    stashed(repo, "newest stash")
}

fn stashed(repo: &Repo, name: &'static str) -> Hidden {
    let hidden = Hidden::new(name);
    repo.write("main.py", hidden.text());
    repo.git_as(&BEN, &["stash", "push", "-q"]);
    let commit = repo.id("refs/stash");
    hidden.in_file("main.py", &commit, &[])
}

/// On no branch: only the HEAD of the other working tree has it.
fn linked_worktree(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("linked worktree");
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    let commit = repo.beside("linked").commit("linked.py", hidden.text());
    hidden.in_file("linked.py", &commit, &[])
}

fn unreachable_blob(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("unreachable blob");
    let blob = repo.feed(&["hash-object", "-w", "--stdin"], hidden.text());
    hidden.in_blob(&blob)
}

/// The working tree has already another version.
fn staged(repo: &Repo) -> Hidden {
    let hidden = Hidden::new("staged");
    repo.write("staged.py", hidden.text());
    repo.git(&["add", "staged.py"]);
    repo.write("staged.py", "t = input()\n");
    hidden.in_index("staged.py")
}
