use blurt::blob::{Chunk, Origin};
use blurt::detect::{
    Detector,
    trigger::{TriggerScanner, Triggers},
};
use std::time::Instant;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let mut files = Vec::new();
    let mut total = 0usize;
    let mut stack = vec![std::path::PathBuf::from(dir)];
    while let Some(d) = stack.pop() {
        for e in std::fs::read_dir(d).unwrap().flatten() {
            let t = e.file_type().unwrap();
            if t.is_dir() {
                stack.push(e.path())
            } else if t.is_file() {
                let b = std::fs::read(e.path()).unwrap();
                total += b.len();
                files.push((Origin::file(e.path().to_str().unwrap()), b));
            }
        }
    }
    let detector = Detector::new(blurt::rule::RuleSet::builtin().unwrap());
    let lits: Vec<String> =
        detector.rules().rules().iter().flat_map(|r| r.spec.literals.clone()).collect();
    let mut lits: Vec<&str> = lits.iter().map(|s| &**s).collect();
    lits.sort();
    lits.dedup();
    println!("{} files {} MB literals {lits:?}", files.len(), total / 1_000_000);
    for (name, sc) in [
        ("full", TriggerScanner::new(lits.clone())),
        ("runs only", TriggerScanner::new([])),
        ("portable", TriggerScanner::new(lits.clone()).portable()),
    ] {
        let mut best = f64::MAX;
        let mut n = (0, 0);
        for _ in 0..5 {
            let t = Instant::now();
            let mut f = Triggers::default();
            n = (0, 0);
            for (_, b) in &files {
                let mut at = 0;
                while at < b.len() {
                    let e = (at + 32768).min(b.len());
                    sc.scan(b, at..e, &mut f);
                    n.0 += f.runs.len();
                    n.1 += f.literals.len();
                    f.runs.clear();
                    f.literals.clear();
                    at = e;
                }
            }
            best = best.min(t.elapsed().as_secs_f64());
        }
        println!(
            "{name}: {:.2} GB/s, {:?} per MB",
            total as f64 / best / 1e9,
            (n.0 * 1_000_000 / total, n.1 * 1_000_000 / total)
        );
    }
    let mut best = f64::MAX;
    let mut n = 0;
    for _ in 0..5 {
        let t = Instant::now();
        n = 0;
        for (o, b) in &files {
            n += detector.detect(&Chunk::whole(o, b)).matches.len();
        }
        best = best.min(t.elapsed().as_secs_f64());
    }
    println!("detect: {:.3} GB/s, {n} matches", total as f64 / best / 1e9);
}
