use super::*;

const FILE: &str = "
name: reviews
resources:
  /shop/reviews/{id}:
    methods:
      GET:
        integration:
          type: AWS_PROXY
          httpMethod: POST
          uri: arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live/invocations
stages:
  prod:
    variables: {colour: green}
";

fn loaded() -> Region {
    with_api(serde_saphyr::from_str(FILE).unwrap())
}

#[test]
fn a_hand_written_api_gets_its_parents_and_a_deployment() {
    let mut region = loaded();
    let paths: Vec<String> = region.rest_apis[API].resources.keys().cloned().collect();
    assert_eq!(paths, ["/", "/shop", "/shop/reviews", "/shop/reviews/{id}"]);
    assert!(region.rest_apis[API].resources.values().all(|r| !r.id.is_empty()));
    assert_eq!(call(&mut region, "GET", "/shop/reviews/7").status, 200);
}

#[test]
fn a_world_that_is_whole_does_not_change_by_settling() {
    let mut region = loaded();
    let before = region.clone();
    region.settle(NOW + 60_000);
    assert_eq!(region.rest_apis, before.rest_apis);
}

#[test]
fn a_dumped_api_reads_back_the_same() {
    let region = loaded();
    let dumped = serde_saphyr::to_string(&region.rest_apis[API]).unwrap();
    let read: RestApi = serde_saphyr::from_str(&dumped).unwrap();
    assert_eq!(read, region.rest_apis[API]);
}
