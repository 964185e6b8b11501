//! AWS-2 to AWS-9, AWS-15 and AWS-39: revisions, versions and their guards.

use super::super::{AliasChange, ConfigurationChange, State, Statement};
use super::{MINUTE, SECOND, pass, publish, region};

fn latest(region: &super::Region) -> String {
    region.get_function_configuration("fir-api", None).unwrap().detail.revision_id
}

#[test]
fn an_update_changes_the_revision_at_its_start_and_at_its_end() {
    let mut region = region();
    let before = latest(&region);
    region.update_function_code("fir-api", "two", false, Some(&before)).unwrap();
    let during = latest(&region);
    pass(&mut region, 10 * SECOND);
    assert!(before != during && during != latest(&region), "AWS-6");
}

#[test]
fn publishing_changes_latests_revision_once_and_aliases_do_not_touch_it() {
    let mut region = region();
    publish(&mut region, "two");
    let published = latest(&region);
    region.publish_version("fir-api", None, None, None).unwrap();
    region.update_alias("fir-api", "live", &AliasChange::version("2")).unwrap();
    assert_eq!(latest(&region), published, "AWS-6");
}

#[test]
fn a_version_is_published_only_when_something_changed_since_the_last_one() {
    let mut region = region();
    assert_eq!(
        region.publish_version("fir-api", None, None, Some("again")).unwrap().version,
        "1",
        "AWS-2"
    );
    publish(&mut region, "two");
    assert_eq!(publish(&mut region, "one"), "3", "AWS-2: compared with the last version only");
    let change = ConfigurationChange {
        memory_size: Some(256),
        ..ConfigurationChange::default()
    };
    region.update_function_configuration("fir-api", change, None).unwrap();
    pass(&mut region, MINUTE);
    assert_eq!(
        region.publish_version("fir-api", None, None, Some("bigger")).unwrap().version,
        "4",
        "AWS-2"
    );
    assert_eq!(region.publish_version("fir-api", None, None, None).unwrap().version, "4", "AWS-2");
}

#[test]
fn nothing_is_published_or_updated_during_an_update() {
    let mut region = region();
    region.update_function_code("fir-api", "two", false, None).unwrap();
    let text = "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:eu-west-1:111122223333:function:fir-api";
    let error = region.publish_version("fir-api", None, None, None).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (409, text), "AWS-5");
    assert_eq!(
        region.update_function_code("fir-api", "three", false, None).unwrap_err(),
        error,
        "AWS-5"
    );
}

#[test]
fn a_version_that_was_published_with_the_update_is_pending_until_the_update_is_through() {
    let mut region = region();
    let answer = region.update_function_code("fir-api", "two", true, None).unwrap();
    assert_eq!((answer.version.as_str(), answer.detail.state), ("2", State::Pending), "AWS-8");
    pass(&mut region, 10 * SECOND);
    assert_eq!(
        region.get_function_configuration("fir-api", Some("2")).unwrap().detail.state,
        State::Active,
        "AWS-8"
    );
}

#[test]
fn numbers_are_not_used_again_after_the_function_was_made_anew() {
    let mut region = region();
    publish(&mut region, "two");
    region.delete_function("fir-api", None).unwrap();
    let answer = region.create_function("fir-api", super::Version::of("new"), true).unwrap();
    assert_eq!(answer.version, "3", "AWS-7");
}

#[test]
fn an_alias_at_another_revision_is_not_updated() {
    let mut region = region();
    publish(&mut region, "two");
    let version = region.get_function_configuration("fir-api", Some("live")).unwrap();
    assert!(version.function_arn.ends_with(":live") && version.version == "1", "AWS-19");
    let wrong = AliasChange::version("2").guarded(&version.detail.revision_id);
    let error = region.update_alias("fir-api", "live", &wrong).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (412, "PreconditionFailedException"), "AWS-15");
    let right = region.get_alias("fir-api", "live").unwrap().revision_id;
    assert!(
        region
            .update_alias("fir-api", "live", &AliasChange::version("2").guarded(&right))
            .is_ok(),
        "AWS-15"
    );
}

#[test]
fn a_policy_has_a_revision_of_its_own() {
    let mut region = region();
    let alias = region.get_alias("fir-api", "live").unwrap().revision_id;
    let statement = |sid: &str| Statement::for_api(sid, "arn:aws:execute-api:eu-west-1:111122223333:a1b2/*/*");
    let error = region
        .add_permission("fir-api", Some("live"), statement("a"), Some(&alias))
        .unwrap_err();
    assert_eq!(error.status, 412, "AWS-39: there is none to send for the first statement");
    region.add_permission("fir-api", Some("live"), statement("a"), None).unwrap();
    let policy = region.get_policy("fir-api", Some("live")).unwrap().revision_id;
    region
        .add_permission("fir-api", Some("live"), statement("b"), Some(&policy))
        .unwrap();
    assert_eq!(
        region
            .remove_permission("fir-api", Some("live"), "a", Some(&policy))
            .unwrap_err()
            .status,
        412,
        "AWS-39"
    );
}

#[test]
fn versions_come_fifty_a_page_in_the_order_of_their_numbers() {
    let mut region = region();
    for n in 2..=60 {
        publish(&mut region, &format!("code {n}"));
    }
    let first = region.list_versions_by_function("fir-api", None, None).unwrap();
    assert_eq!(
        (first.items.len(), first.items[0].version.as_str(), first.items[49].version.as_str()),
        (50, "$LATEST", "49"),
        "AWS-9"
    );
    let second = region
        .list_versions_by_function("fir-api", first.next_marker.as_deref(), None)
        .unwrap();
    assert_eq!(
        (second.items.len(), second.items[10].version.as_str(), second.next_marker),
        (11, "60", None),
        "AWS-9"
    );
}
