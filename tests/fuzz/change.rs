//! Changes an input: its bytes, or the tree of the JSON document that it is.

use serde_json::{Map, Value};

use crate::random::Random;

/// Longest input; what is longer is slower and shows nothing new.
const LONGEST: usize = 16 * 1024;

/// Numbers at the edges of the types that hold them.
const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "-1",
    "1",
    "42",
    "00",
    "127",
    "255",
    "65536",
    "2147483648",
    "-2147483649",
    "9223372036854775808",
    "18446744073709551616",
    "1e999",
];

/// The input with some changes. `other` is another one, of which parts are taken; `words` are what the target may know.
pub fn change(random: &mut Random, input: &[u8], other: &[u8], words: &[&str]) -> Vec<u8> {
    let mut changed = input.to_vec();
    let document = serde_json::from_slice::<Value>(input)
        .ok()
        .filter(|d| d.is_object() || d.is_array());
    if let Some(mut document) = document.filter(|_| random.below(4) > 0) {
        let other = serde_json::from_slice(other).unwrap_or(Value::Null);
        for _ in 0..=random.below(3) {
            change_tree(random, &mut document, &other, words);
        }
        changed = document.to_string().into_bytes();
    } else {
        for _ in 0..=random.below(4) {
            change_bytes(random, &mut changed, other, words);
        }
    }
    changed.truncate(LONGEST);
    changed
}

fn change_bytes(random: &mut Random, input: &mut Vec<u8>, other: &[u8], words: &[&str]) {
    let at = random.below(input.len() + 1);
    let to = at + random.below((input.len() - at).min(64) + 1);
    match random.below(8) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..to)),
        2 => {
            let again = input[at..to].to_vec();
            input.splice(at..at, again);
        }
        3 => {
            let from = random.below(other.len() + 1);
            let part = other[from..(from + random.below(64)).min(other.len())].to_vec();
            input.splice(at..to, part);
        }
        4 if at < input.len() => input[at] ^= 1 << random.below(8),
        5 => drop(input.splice(at..at, random.one_of(&NUMBERS).bytes())),
        6 => drop(input.splice(at..to, random.one_of(words).bytes())),
        _ => drop(input.splice(at..at, random.one_of(words).bytes())),
    }
}

fn change_tree(random: &mut Random, document: &mut Value, other: &Value, words: &[&str]) {
    let (places, foreign) = (count(document), count(other));
    let from_other = node(&mut other.clone(), random.below(foreign)).clone();
    let inside = node(&mut document.clone(), random.below(places)).clone();
    let place = node(document, random.below(places));
    match (random.below(8), place) {
        (0, place) => *place = leaf(random, words),
        (1, place) => *place = from_other,
        (2, place) => *place = inside,
        (3, place) => *place = Value::Array(vec![place.take(), inside]),
        (4, Value::Object(map)) => drop(map.insert(random.one_of(words).to_owned(), inside)),
        (5, Value::Object(map)) => rename(random, map, words),
        (6, Value::Array(list)) if !list.is_empty() => drop(list.remove(random.below(list.len()))),
        (6, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(random.below(map.len())).cloned().unwrap();
            map.remove(&key);
        }
        (7, Value::String(text)) => {
            let mut bytes = text.clone().into_bytes();
            change_bytes(random, &mut bytes, b"", words);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        (_, place) => *place = leaf(random, words),
    }
}

fn rename(random: &mut Random, map: &mut Map<String, Value>, words: &[&str]) {
    let Some(key) = map.keys().nth(random.below(map.len().max(1))).cloned() else {
        return;
    };
    let value = map.remove(&key).unwrap_or_default();
    map.insert(random.one_of(words).to_owned(), value);
}

fn leaf(random: &mut Random, words: &[&str]) -> Value {
    match random.below(6) {
        0 => Value::Null,
        1 => Value::Bool(random.below(2) == 0),
        2 => serde_json::from_str(random.one_of(&NUMBERS)).unwrap_or(Value::Null),
        3 => Value::Array(Vec::new()),
        4 => Value::Object(Map::new()),
        _ => random.one_of(words).into(),
    }
}

/// How many values a document has, itself included.
fn count(document: &Value) -> usize {
    1 + match document {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The value of a number below [`count`].
fn node(document: &mut Value, number: usize) -> &mut Value {
    if number == 0 {
        return document;
    }
    let mut left = number - 1;
    let children: Vec<&mut Value> = match document {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        let size = count(child);
        if left < size {
            return node(child, left);
        }
        left -= size;
    }
    unreachable!("the number is below the count")
}
