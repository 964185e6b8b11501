//! What the chart ships is what the program prints.

use crate::promtool::root;
use crate::rules::RULES;

/// The dashboard, as the chart ships it.
pub const DASHBOARD: &str = "charts/warmlambda/files/dashboard.json";

fn is_printed(path: &str, printed: &str) {
    let written = std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let lines = written.lines().zip(printed.lines());
    let differs = lines.enumerate().find(|(_, (written, printed))| written != printed);
    if let Some((line, (written, printed))) = differs {
        panic!("{path}:{}: run `make docs`\n- {written}\n+ {printed}", line + 1);
    }
    assert!(
        written == printed,
        "{path} is shorter or longer than what is printed: run `make docs`"
    );
}

#[test]
fn the_alerts_of_the_chart_are_the_programs() {
    is_printed(RULES, &warmlambda::monitoring::alerts().unwrap());
}

#[test]
fn the_dashboard_of_the_chart_is_the_programs() {
    is_printed(DASHBOARD, &warmlambda::monitoring::dashboard().unwrap());
}
