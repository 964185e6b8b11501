//! A world that a person wrote by hand.

use super::super::{Invoker, Status, World};
use super::START;

const FILE: &str = r#"
regions:
- account: "111122223333"
  region: eu-west-1
  settings: {allocationDelayMs: 1000}
  functions:
    fir-api:
      code: {text: "v41"}
      memorySize: 256
      timeout: 10
      versions:
        40: {code: {text: "v40"}, memorySize: 256, timeout: 10}
      aliases:
        live: {functionVersion: "40"}
      provisionedConcurrency:
        live: {requested: 3}
      policies:
        live:
          statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2/*/*"}]
      reservedConcurrency: 10
"#;

#[test]
fn what_a_person_leaves_out_is_made_up() {
    let mut world: World = serde_saphyr::from_str(FILE).unwrap();
    let region = world.region("111122223333", "eu-west-1", START);
    let config = region.get_provisioned_concurrency_config("fir-api", "live").unwrap();
    assert_eq!((config.status, config.available), (Status::Ready, 3));
    assert_eq!(region.get_alias("fir-api", "live").unwrap().revision_id.len(), 36);
    let served = region.invoke(START, "fir-api", Some("live"), &Invoker::Direct).unwrap();
    assert!(served.provisioned && served.executed_version == "40");
    assert_eq!(region.publish_version("fir-api", None, None, None).unwrap().version, "41", "AWS-7");
}

#[test]
fn a_world_survives_being_written_and_read_in_both_formats() {
    let mut world: World = serde_saphyr::from_str(FILE).unwrap();
    world.region("111122223333", "eu-west-1", START);
    let json = serde_json::to_string(&world).unwrap();
    assert_eq!(serde_json::from_str::<World>(&json).unwrap(), world);
    let yaml = serde_saphyr::to_string(&world).unwrap();
    assert_eq!(serde_saphyr::from_str::<World>(&yaml).unwrap(), world);
}

#[test]
fn a_misspelt_member_is_refused() {
    let wrong = FILE.replace("memorySize: 256\n", "memorySise: 256\n");
    assert!(serde_saphyr::from_str::<World>(&wrong).is_err());
}
