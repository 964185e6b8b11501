//! The page of the results says what the runs wrote down, and nothing else.

#[allow(dead_code)]
#[path = "../chaos/page.rs"]
mod page;

use crate::sources::root;

#[test]
fn the_page_of_the_results_is_made_of_what_the_runs_wrote() {
    let folder = root().join("docs/reliability");
    let written = std::fs::read_to_string(folder.with_extension("md")).expect("docs/reliability.md can be read");
    assert!(
        written == page::render(&folder),
        "docs/reliability.md is not what docs/reliability/*.json say; run make reliability"
    );
}

#[test]
fn a_bound_is_the_rule_of_three_and_a_failure_is_no_small_number() {
    let row = |cases: u64, failures: u64| {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reliability-{cases}-{failures}"));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let part = format!(
            r#"{{"rows": [{{"row": "R1", "what": "w", "cases": {cases}, "failures": {failures}, "unit": "runs", "seconds": 1, "command": "c", "date": "d"}}]}}"#
        );
        std::fs::write(folder.join("a.json"), part).expect("a file can be written");
        page::render(&folder)
    };
    assert!(row(1500, 0).contains("| R1 | w | 1,500 runs | 0 | 0.20 % |"), "{}", row(1500, 0));
    assert!(row(1500, 2).contains("| R1 | w | 1,500 runs | 2 | see failures |"));
}
