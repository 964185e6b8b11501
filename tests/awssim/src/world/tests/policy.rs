//! AWS-34 to AWS-41 and AWS-60: policies, lost writes and late reads.

use super::super::Statement;
use super::{MINUTE, SECOND, move_live, pass, publish, region};

fn statement(sid: &str) -> Statement {
    Statement::for_api(sid, "arn:aws:execute-api:eu-west-1:111122223333:a1b2/*/*")
}

fn sids(region: &super::Region) -> Vec<String> {
    let policy = region.get_policy("fir-api", Some("live")).unwrap().policy;
    policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["Sid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_policy_grows_to_its_limit_and_no_further() {
    let mut region = region();
    let error = (0..1000)
        .find_map(|n| {
            region
                .add_permission("fir-api", Some("live"), statement(&format!("s{n}")), None)
                .err()
        })
        .unwrap();
    assert_eq!(
        (error.status, error.code.as_str()),
        (400, "PolicyLengthExceededException"),
        "AWS-41"
    );
    let size = region.get_policy("fir-api", Some("live")).unwrap().policy.to_string().len();
    assert!(size <= 20_480 && size > 20_000, "AWS-41: {size}");
}

#[test]
fn two_writes_too_close_to_each_other_lose_a_statement_when_the_region_is_set_so() {
    let mut region = region();
    region.settings.policy_race_ms = SECOND;
    region.add_permission("fir-api", Some("live"), statement("a"), None).unwrap();
    region.add_permission("fir-api", Some("live"), statement("b"), None).unwrap();
    assert_eq!(sids(&region), ["b"], "AWS-40");
    pass(&mut region, MINUTE);
    region.add_permission("fir-api", Some("live"), statement("c"), None).unwrap();
    assert_eq!(sids(&region), ["b", "c"]);
}

#[test]
fn reads_may_show_the_state_before_a_write_for_a_while() {
    let mut region = region();
    region.settings.read_lag_ms = 3 * SECOND;
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    region.add_permission("fir-api", Some("live"), statement("a"), None).unwrap();
    region.put_provisioned_concurrency_config("fir-api", "live", 1).unwrap();
    assert_eq!(region.get_alias("fir-api", "live").unwrap().function_version, "1", "AWS-60");
    assert!(region.get_policy("fir-api", Some("live")).is_err(), "AWS-60");
    assert!(region.get_provisioned_concurrency_config("fir-api", "live").is_err(), "AWS-60");
    pass(&mut region, 3 * SECOND);
    assert_eq!(region.get_alias("fir-api", "live").unwrap().function_version, "2");
    assert!(region.get_policy("fir-api", Some("live")).is_ok());
    assert!(region.get_provisioned_concurrency_config("fir-api", "live").is_ok());
}
