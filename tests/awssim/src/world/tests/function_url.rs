//! What else calls a function: its URL, and the policy of the function itself (AWS-114, AWS-116); when capacity was last put (AWS-118).

use super::super::{AliasChange, ById, Statement};
use super::{MINUTE, pass, region, warm_region};

#[test]
fn a_url_belongs_to_the_function_or_to_an_alias_and_to_no_version() {
    let mut region = region();
    let own = region.create_function_url_config("fir-api", None, "AWS_IAM", None).unwrap();
    let live = region.create_function_url_config("fir-api", Some("live"), "NONE", None).unwrap();
    assert!(
        live.function_arn.ends_with(":function:fir-api:live") && own.function_arn.ends_with(":function:fir-api"),
        "AWS-114"
    );
    assert_ne!(own.function_url, live.function_url);
    assert_eq!(region.get_function_url_config("fir-api", Some("live")), Ok(live), "AWS-114");
    let error = region.create_function_url_config("fir-api", Some("1"), "NONE", None).unwrap_err();
    assert_eq!(error.code, "ValidationException", "AWS-114");
    assert_eq!(
        region.create_function_url_config("fir-api", None, "NONE", None).unwrap_err().status,
        409
    );
    region.delete_function_url_config("fir-api", None).unwrap();
    assert_eq!(region.get_function_url_config("fir-api", None).unwrap_err().status, 404);
}

#[test]
fn urls_of_the_function_and_its_aliases_come_fifty_a_page() {
    let mut region = region();
    region.create_function_url_config("fir-api", None, "NONE", None).unwrap();
    for number in 0..59 {
        let alias = format!("stage-{number}");
        region.create_alias("fir-api", &alias, "1", ById::new(), "").unwrap();
        region.create_function_url_config("fir-api", Some(&alias), "NONE", None).unwrap();
    }
    let first = region.list_function_url_configs("fir-api", None, Some(1000)).unwrap();
    let second = region
        .list_function_url_configs("fir-api", first.next_marker.as_deref(), None)
        .unwrap();
    assert_eq!(
        (first.items.len(), second.items.len(), second.next_marker),
        (50, 10, None),
        "AWS-114"
    );
    assert_eq!(region.list_function_url_configs("nobody", None, None).unwrap_err().status, 404);
}

#[test]
fn the_function_itself_has_a_policy_of_its_own() {
    let mut region = region();
    let statement = Statement {
        sid: "bucket".into(),
        principal: "s3.amazonaws.com".into(),
        action: "lambda:InvokeFunction".into(),
        ..Statement::default()
    };
    region.add_permission("fir-api", None, statement, None).unwrap();
    let policy = region.get_policy("fir-api", None).unwrap().policy;
    let resource = policy["Statement"][0]["Resource"].as_str().unwrap();
    assert!(resource.ends_with(":function:fir-api"), "AWS-116: {resource}");
    assert_eq!(region.get_policy("fir-api", Some("live")).unwrap_err().status, 404, "AWS-116");
}

#[test]
fn a_configuration_says_when_its_capacity_was_last_put() {
    let mut region = warm_region();
    let put = region.get_provisioned_concurrency_config("fir-api", "live").unwrap().last_modified;
    region
        .update_alias(
            "fir-api",
            "live",
            &AliasChange {
                description: Some("x".into()),
                ..AliasChange::default()
            },
        )
        .unwrap();
    pass(&mut region, 10 * MINUTE);
    let listed = region.list_provisioned_concurrency_configs("fir-api", None, None).unwrap();
    assert_eq!(
        listed.items[0].last_modified, put,
        "AWS-118: time and other writes do not change it"
    );
    region.put_provisioned_concurrency_config("fir-api", "live", 3).unwrap();
    let again = region.get_provisioned_concurrency_config("fir-api", "live").unwrap();
    assert_eq!(again.last_modified, region.now, "AWS-118");
    assert!(again.last_modified > put);
}
