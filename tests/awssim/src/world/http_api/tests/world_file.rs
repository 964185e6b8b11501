use super::*;

#[test]
fn a_hand_written_api_gets_ids_and_a_deployment_for_each_stage() {
    let mut region = region();
    let api = &region.http_apis[API];
    assert!(api.routes.values().all(|route| route.route_id.len() == 7));
    assert!(api.stages.values().all(|stage| stage.deployment_id.is_some()));
    assert_eq!(reached(&mut region, "auto", NOW), "1");
}

#[test]
fn a_world_that_is_whole_does_not_change_by_settling() {
    let mut region = region();
    region.create_http_stage(NOW, API, "later", StageChange::default()).unwrap();
    let before = region.clone();
    region.settle(NOW + 60_000);
    assert_eq!(region.http_apis, before.http_apis);
}

#[test]
fn a_dumped_api_reads_back_the_same() {
    let mut region = region();
    region.settings.http_deployment_ms = 5_000;
    deploy(&mut region);
    let dumped = serde_saphyr::to_string(&region.http_apis[API]).unwrap();
    let read: HttpApi = serde_saphyr::from_str(&dumped).unwrap();
    assert_eq!(read, region.http_apis[API]);
}
