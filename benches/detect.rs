//! Detection in memory, in bytes per second: the pass for triggers alone, and everything.
//!
//! `cargo bench --bench detect`; the text is made here, and looks like source with a few secrets.

use blurt::blob::{Chunk, Origin};
use blurt::detect::Detector;
use blurt::detect::trigger::{TriggerScanner, Triggers};
use blurt::rule::{RuleSet, example};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const LINES: [&str; 8] = [
    "    let connection = pool.acquire().await.map_err(|e| Error::Pool(e.to_string()))?;\n",
    "#define REG_CONTROL_<<[0-9]{2}>> 0x<<[0-9a-f]{8}>>\n",
    "  \"integrity\": \"sha512-<<[0-9A-Za-z+/]{86}>>==\",\n",
    "// See https://docs.internal.net/page/<<[0-9]{6}>> for what a token may contain.\n",
    "def request(self, url, password=None, token: str = \"\"):\n",
    "        0x<<[0-9a-f]{8}>>, 0x<<[0-9a-f]{8}>>, 0x<<[0-9a-f]{8}>>, 0x<<[0-9a-f]{8}>>,\n",
    "    return render(template, {\"user\": user, \"items\": items}) if items else None\n",
    "id: <<[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}>>\n",
];

/// A megabyte of it, with a secret every 64 kB.
fn text() -> Vec<u8> {
    let mut text = String::new();
    let mut seed = 0;
    while text.len() < 1 << 20 {
        seed += 1;
        let line =
            if seed % 1_000 == 0 { "KEY=<<AKIA[A-Z2-7]{16}>>\n" } else { LINES[seed as usize % 8] };
        text += &example::expand(line, seed).unwrap_or_default();
    }
    text.into_bytes()
}

fn detect(criterion: &mut Criterion) {
    let text = text();
    let detector = Detector::new(RuleSet::builtin().expect("the built-in rules"));
    let rules = detector.rules().rules();
    let literals: Vec<&str> =
        rules.iter().flat_map(|rule| rule.spec().literals.iter().map(String::as_str)).collect();
    let mut group = criterion.benchmark_group("one megabyte");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let scanner = TriggerScanner::new(literals);
    for (name, scanner) in
        [("triggers", scanner.clone()), ("triggers, portable", scanner.portable())]
    {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut found = Triggers::default();
                scanner.scan(black_box(&text), 0..text.len(), &mut found);
                found
            });
        });
    }
    let origin = Origin::file("source.py");
    group.bench_function("everything", |bencher| {
        bencher.iter(|| detector.detect(&Chunk::whole(&origin, black_box(&text))));
    });
    group.finish();
}

criterion_group!(benches, detect);
criterion_main!(benches);
