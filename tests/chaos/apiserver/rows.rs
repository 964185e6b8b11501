//! The rows of the results that the faults of the control plane are.

use k8s_openapi::jiff::Timestamp;

use super::course::{Class, Found};
use crate::page::{Part, Row};
use crate::results::{self, folder};

/// What a restore of etcd cannot promise.
const NOT_PROMISED: [&str; 3] = [
    "Not promised: an endpoint that the backup does not have is not cleaned up, because nobody knows of it any more. Its alias, capacity and \
     statement stay, and the next endpoint of that name takes them for somebody else's and leaves them when it is deleted.",
    "Not promised: what the restored objects themselves ask for is done, also where it is less than before: a smaller number, an older \
     pinned version, a deletion that had been asked for before the backup was made.",
    "Not promised: with `--no-leader-election` there is no Lease to see it by. Start the operator anew after a restore.",
];

/// Writes them, and the page. The rows of classes that did not run stay as they are.
pub async fn write(found: &[Found]) {
    let mut rows = Vec::new();
    for found in found {
        let versions = results::versions().await;
        let (row, what, unit, more): (_, _, _, &[&str]) = match found.class {
            Class::Restored => ("R7", "etcd is restored from a backup", "stale views", &NOT_PROMISED),
            Class::Outages => ("R15", "The API server or etcd goes away and comes back", "outages", &[]),
            Class::Forged => (
                "X4",
                "Status, labels, annotations, finalizers and storage are forged",
                "forgeries",
                &[],
            ),
        };
        let failures = found.violations.len() as u64;
        let notes = found
            .notes
            .iter()
            .cloned()
            .chain(more.iter().map(|note| (*note).to_owned()))
            .collect();
        let row = Row {
            cases: found.cases,
            command: "make chaos".into(),
            date: Timestamp::now().strftime("%Y-%m-%d").to_string(),
            failures,
            notes,
            row: row.into(),
            seconds: (found.took.as_secs_f64() * 10.0).round() / 10.0,
            seed: String::new(),
            unit: unit.into(),
            versions,
            what: what.into(),
        };
        if found.decoys > 0 {
            rows.push(Row {
                cases: found.decoys,
                notes: vec![
                    "Aliases, statements, capacity, APIs and mappings whose names and marks differ from the operator's own in a letter, in case \
                     or in the uid, or not at all; compared after all forgeries and after all endpoints were deleted with everything of theirs."
                        .into(),
                ],
                row: "X6".into(),
                unit: "decoys".into(),
                what: "Things of others that look like the operator's stay as they are".into(),
                ..row.clone()
            });
        }
        rows.push(row);
    }
    save(rows);
}

/// Into the file, beside the rows that are not written anew.
fn save(mut rows: Vec<Row>) {
    let path = folder().join("apiserver.json");
    let known = std::fs::read_to_string(&path).ok().map(|text| serde_json::from_str(&text));
    let known: Part = known.and_then(Result::ok).unwrap_or_default();
    let others = known.rows.into_iter().filter(|old| rows.iter().all(|new| new.row != old.row));
    let others: Vec<_> = others.collect();
    rows.extend(others);
    rows.sort_by(|a, b| a.row.cmp(&b.row));
    let part = Part { assumes: Vec::new(), rows };
    let text = serde_json::to_string_pretty(&part).expect("rows are JSON") + "\n";
    std::fs::create_dir_all(folder()).expect("a folder can be made");
    std::fs::write(path, text).expect("docs/reliability/apiserver.json can be written");
    results::write_page();
}
