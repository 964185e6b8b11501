//! A chart's values.yaml with its comments: the one place where a value is described.
//!
//! The comment right above a key is its description; a last line `@schema {...}` adds to the schema. A map with keys is fixed, and
//! each of its keys is described too, unless its line `@schema` says `additionalProperties`: that is a map of somebody else's.

use serde_json::{Map, Value};

/// A key of values.yaml.
#[derive(Debug)]
pub struct Key {
    /// Its name, `tag`.
    pub name: String,
    /// What the comment above it says.
    pub description: String,
    /// What the line `@schema` says.
    pub schema: Map<String, Value>,
    /// Its value.
    pub default: Value,
    /// The keys of a fixed map.
    pub keys: Vec<Key>,
}

/// Reads the keys of a values.yaml.
pub fn read(yaml: &str) -> Vec<Key> {
    let defaults: Value = serde_saphyr::from_str(yaml).expect("values.yaml is YAML");
    let mut lines = yaml.lines().peekable();
    let keys = keys(&mut lines, 0, &defaults);
    assert!(lines.next().is_none(), "values.yaml was read to its end");
    keys
}

fn keys<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>, indent: usize, defaults: &Value) -> Vec<Key> {
    let mut found = Vec::new();
    let mut comment = Vec::new();
    while let Some(line) = lines.peek() {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        if !text.is_empty() && depth < indent {
            break;
        }
        lines.next();
        if text.is_empty() {
            comment.clear();
        } else if depth > indent || text.starts_with("- ") {
            // Inside of a value that is not ours to describe.
        } else if let Some(words) = text.strip_prefix("# ") {
            comment.push(words);
        } else {
            let name = text.split(':').next().unwrap_or_default();
            let mut key = Key::new(name, &std::mem::take(&mut comment), defaults[name].clone());
            if key.is_fixed() {
                key.keys = keys(lines, indent + 2, &key.default);
            }
            found.push(key);
        }
    }
    found
}

impl Key {
    fn new(name: &str, comment: &[&str], default: Value) -> Self {
        let (schema, words): (Vec<&str>, Vec<&str>) = comment.iter().partition(|line| line.starts_with("@schema "));
        let schema = schema.first().map_or_else(Map::new, |line| {
            let yaml = line.trim_start_matches("@schema ");
            serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{name}: {yaml}: {error}"))
        });
        Self {
            name: name.to_owned(),
            description: words.join(" "),
            schema,
            default,
            keys: Vec::new(),
        }
    }

    /// Whether the chart knows each key of this map.
    pub fn is_fixed(&self) -> bool {
        self.default.as_object().is_some_and(|map| !map.is_empty()) && !self.schema.contains_key("additionalProperties")
    }
}

#[test]
fn a_comment_describes_the_key_below_it() {
    let keys = read(concat!(
        "# About the file.\n\n# The image,\n# in short.\nimage:\n  # Its tag.\n  # @schema {maxLength: 9}\n  tag: \"\"\n",
        "# Labels.\n# @schema {additionalProperties: true}\nlabels:\n  a: b\n# Last.\nlist:\n- one: 1\n",
    ));
    let described: Vec<_> = keys.iter().map(|key| (key.name.as_str(), key.description.as_str())).collect();
    assert_eq!(
        described,
        [("image", "The image, in short."), ("labels", "Labels."), ("list", "Last.")]
    );
    assert_eq!(
        (keys[0].keys[0].description.as_str(), &keys[0].keys[0].schema["maxLength"]),
        ("Its tag.", &Value::from(9))
    );
    assert!(keys[1].keys.is_empty(), "an open map has no keys of its own");
}
