//! The query protocol's flat form as nested JSON: `A.B.member.1.C=x` is `{"A": {"B": [{"C": "x"}]}}`.

use serde_json::{Map, Value as Json};

/// A whole form; every leaf is text.
pub fn to_json(body: &[u8]) -> Json {
    let mut root = Json::Object(Map::new());
    for (key, value) in form_urlencoded::parse(body) {
        place(&mut root, &key.split('.').collect::<Vec<_>>(), &value);
    }
    lists(root)
}

fn place(node: &mut Json, path: &[&str], value: &str) {
    let Some((first, rest)) = path.split_first() else {
        *node = Json::String(value.into());
        return;
    };
    if !node.is_object() {
        *node = Json::Object(Map::new());
    }
    if let Json::Object(members) = node {
        place(members.entry(*first).or_insert(Json::Null), rest, value);
    }
}

/// Turns every `{"member": {"1": ..., "2": ...}}` into a list in the order of its numbers.
fn lists(node: Json) -> Json {
    let Json::Object(members) = node else { return node };
    if members.len() == 1
        && let Some(Json::Object(items)) = members.get("member")
    {
        let numbered = items
            .iter()
            .map(|(index, item)| (index.parse::<u32>().unwrap_or(u32::MAX), lists(item.clone())));
        let mut items: Vec<_> = numbered.collect();
        items.sort_by_key(|(index, _)| *index);
        return Json::Array(items.into_iter().map(|(_, item)| item).collect());
    }
    Json::Object(members.into_iter().map(|(key, value)| (key, lists(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_lists_in_numeric_order() {
        let form = b"Action=X&Q.member.2.Id=b&Q.member.1.Id=a&Q.member.10.Id=c&D.Name=n";
        let expected = serde_json::json!({ "Action": "X", "Q": [{ "Id": "a" }, { "Id": "b" }, { "Id": "c" }], "D": { "Name": "n" } });
        assert_eq!(to_json(form), expected);
    }
}
