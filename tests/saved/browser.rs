//! The page of a report as its readers use it: in Chromium, if it is installed.

use super::chromium::Chromium;
use super::planted::Planted;
use super::run;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A page with what it was made of.
struct Page {
    planted: Planted,
    report: Value,
}

impl Page {
    fn new() -> Self {
        let planted = Planted::new();
        let folder = planted.repo.path().to_owned();
        let args =
            ["scan", "--history", "-o", "../r.json", "-o", "../r.html", "-q", ".", "missing"];
        let said = run(&folder, &args, "");
        assert_eq!(said.status, Some(1), "{}", said.err);
        let report = std::fs::read_to_string(folder.join("../r.json")).unwrap();
        Self { planted, report: serde_json::from_str(&report).unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.planted.repo.path().parent().unwrap().join("r.html")
    }

    fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().unwrap()
    }

    /// The fingerprints of the findings for which `is` holds.
    fn those(&self, is: impl Fn(&Value) -> bool) -> Vec<&Value> {
        self.findings().iter().filter(|f| is(f)).map(|f| &f["fingerprint"]).collect()
    }
}

/// The fingerprints of the rows that are seen, from the top.
const ROWS: &str = "Array.from(document.querySelectorAll('#table tbody tr'), row => \
    row.checkVisibility() ? row.querySelector('a').hash.slice(1) : '')";
const SHOWN: &str = "document.getElementById('shown').textContent";
/// Waits until the page has done what it was asked to.
const SETTLE: &str =
    "new Promise(done => setTimeout(() => requestAnimationFrame(() => done()), 150))";

fn browser() -> Option<Chromium> {
    let browser = Chromium::start();
    if browser.is_none() {
        eprintln!("skipped: chromium is not installed");
    }
    browser
}

/// Chooses a value of a filter.
fn choose(browser: &mut Chromium, field: &str, value: &str) {
    browser.ask(&format!(
        "(() => {{ const field = document.getElementById('filter-{field}'); field.value = {}; \
         field.dispatchEvent(new Event('change')); }})()",
        json!(value)
    ));
}

#[test]
fn the_table_filters_and_sorts() {
    let Some(mut browser) = browser() else { return };
    let page = Page::new();
    let all = page.findings().len();
    browser.open(&page.file(), "");
    assert_eq!(browser.ask(SHOWN), format!("{all} of {all} shown"));
    assert_eq!(browser.ask(ROWS), json!(page.those(|_| true)));
    // Types, as a reader does.
    browser.ask("document.getElementById('filter-text').focus()");
    browser.type_in("GitHub gone");
    browser.ask(SETTLE);
    let gone = page.those(|f| f["locations"][0]["path"] == "config/gone.yml");
    assert_eq!((browser.ask(ROWS), gone.len()), (json!(gone), 1));
    assert_eq!(browser.ask(SHOWN), format!("1 of {all} shown"));
    assert_eq!(browser.ask("location.hash"), "#text=GitHub+gone");
    browser.ask("document.getElementById('clear').click()");
    choose(&mut browser, "status", "ignored");
    let ignored = page.those(|f| f["status"] == "ignored");
    assert_eq!((browser.ask(ROWS), ignored.len()), (json!(ignored), 1));
    choose(&mut browser, "status", "");
    choose(&mut browser, "owner", "@org/backend");
    let owned =
        |f: &Value| f["locations"][0]["path"].as_str().is_some_and(|p| p.starts_with("src/"));
    assert_eq!((browser.ask(ROWS), page.those(owned).len()), (json!(page.those(owned)), 2));
    browser.ask("document.getElementById('clear').click()");
    // The oldest first, and those of no known age last.
    browser.ask("document.querySelector('[data-sort=days] button').click()");
    let mut ages: Vec<i64> =
        page.findings().iter().map(|f| f["exposure"]["age_days"].as_i64().unwrap_or(-1)).collect();
    ages.sort_unstable();
    ages.reverse();
    let days = "Array.from(document.querySelectorAll('#table tbody tr'), row => \
        row.cells[4].textContent === '' ? -1 : Number(row.cells[4].textContent))";
    assert_eq!(browser.ask(days), json!(ages));
    let order = "document.querySelector('[data-sort=days]').getAttribute('aria-sort')";
    assert_eq!(browser.ask(order), "descending");
    browser.ask("document.querySelector('[data-sort=days] button').click()");
    ages.reverse();
    assert_eq!((browser.ask(days), browser.ask(order)), (json!(ages), json!("ascending")));
    assert_eq!(
        (browser.complaints().len(), browser.requests().len()),
        (0, 1),
        "{:?}",
        browser.complaints()
    );
}

#[test]
fn a_view_can_be_linked_to() {
    let Some(mut browser) = browser() else { return };
    let page = Page::new();
    browser.open(&page.file(), "#severity=critical&sort=-title");
    let critical = page.those(|f| f["severity"] == "critical");
    assert!((1..page.findings().len()).contains(&critical.len()));
    assert_eq!(browser.ask(&format!("{ROWS}.length")), critical.len());
    assert_eq!(browser.ask("document.getElementById('filter-severity').value"), "critical");
    // A bar of a chart is such a link.
    browser.ask("document.querySelector('[data-filter=action] a').click()");
    browser.ask(SETTLE);
    let action = browser.ask("document.querySelector('[data-filter=action] a').textContent");
    let those = page.those(|f| f["remediation"]["action"] == action);
    assert_eq!(browser.ask(ROWS), json!(those));
    // What nobody has is not looked for.
    browser.open(&page.file(), "#owner=nobody");
    assert_eq!(browser.ask(&format!("{ROWS}.length")), page.findings().len());
}

#[test]
fn each_secret_has_a_page() {
    let Some(mut browser) = browser() else { return };
    let page = Page::new();
    browser.open(&page.file(), "#status=new");
    let new = page.those(|f| f["status"] == "new");
    browser.ask("document.querySelectorAll('#table tbody a')[1].click()");
    browser.ask(SETTLE);
    let seen = "Array.from(document.querySelectorAll('article'))\
        .filter(article => article.checkVisibility()).map(article => article.id)";
    assert_eq!(browser.ask(seen), json!([new[1]]));
    assert_eq!(browser.ask("document.getElementById('table').checkVisibility()"), false);
    assert_eq!(browser.ask("document.activeElement.tagName"), "H2");
    let finding = page.findings().iter().find(|f| f["fingerprint"] == *new[1]).unwrap();
    let steps = finding["remediation"]["steps"].as_array().unwrap();
    let said = browser
        .ask("Array.from(document.querySelectorAll('article.shown ol > li'), li => li.innerText)");
    assert_eq!(said.as_array().unwrap().len(), steps.len());
    let title = browser.ask("document.title");
    assert!(title.as_str().unwrap().contains(finding["title"].as_str().unwrap()), "{title}");
    // The next in the table, and the last has none.
    browser.ask("document.querySelector('article.shown [rel=next]').click()");
    browser.ask(SETTLE);
    assert_eq!(browser.ask(seen), json!([new[2]]));
    browser.open(&page.file(), &format!("#{}", new[0].as_str().unwrap()));
    assert_eq!(browser.ask(seen), json!([new[0]]));
    assert_eq!(browser.ask("document.querySelector('article.shown [rel=prev]')"), Value::Null);
    // Back to the view that it was opened from.
    browser.open(&page.file(), "#status=new");
    browser.ask("document.querySelector('#table tbody a').click()");
    browser.ask(SETTLE);
    browser.ask("document.querySelector('article.shown [rel=up]').click()");
    browser.ask(SETTLE);
    assert_eq!(browser.ask(ROWS), json!(new));
    assert_eq!(
        browser.ask("document.activeElement.hash"),
        format!("#{}", new[0].as_str().unwrap())
    );
    assert_eq!(browser.complaints().len(), 0, "{:?}", browser.complaints());
    assert_eq!(browser.requests().len(), 1, "{:?}", browser.requests());
}

#[test]
fn names_of_files_are_no_markup() {
    let Some(mut browser) = browser() else { return };
    let page = Page::new();
    let hostile =
        page.those(|f| f["locations"][0]["path"].as_str().is_some_and(|p| p.contains("<img")));
    browser.open(&page.file(), &format!("#{}", hostile[0].as_str().unwrap()));
    assert_eq!(browser.ask("document.querySelectorAll('img, iframe, object').length"), 0);
    let text = browser.ask("document.querySelector('article.shown').innerText");
    assert!(text.as_str().unwrap().contains("<img src=x onerror=alert(1)>.yml"), "{text}");
    // The policy holds for what is added, too.
    browser.ask(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"https://x.invalid/a.png\">')",
    );
    browser.ask(SETTLE);
    assert!(
        browser
            .complaints()
            .iter()
            .any(|told| told.to_string().contains("Content Security Policy"))
    );
}

#[test]
fn a_page_without_scripts_is_whole() {
    let Some(mut browser) = browser() else { return };
    let page = Page::new();
    browser.forbid_scripts();
    browser.open(&page.file(), "");
    let count = |what: &str| {
        format!(
            "Array.from(document.querySelectorAll('{what}')).filter(e => e.checkVisibility()).length"
        )
    };
    let all = page.findings().len();
    assert_eq!(browser.ask(&count("#table tbody tr")), all);
    assert_eq!(browser.ask(&count("article h2")), all);
    assert_eq!(browser.ask(&count("#filter")), 0);
    let text = browser.ask("document.querySelector('main').textContent");
    let text = text.as_str().unwrap();
    assert!(
        text.contains("2 things could not be scanned") && text.contains("missing does not exist"),
        "{text}"
    );
    for finding in page.findings() {
        let steps = finding["remediation"]["steps"].as_array().unwrap();
        let first = steps[0]["do"].as_str().unwrap().replace('`', "");
        assert!(text.contains(&first), "{first}");
    }
}
