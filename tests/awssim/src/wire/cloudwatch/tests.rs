use serde_json::{Value, json};

use super::*;
use crate::wire::error::Protocol;

const DIMENSIONS: [(&str, &str); 2] = [("FunctionName", "fir-api"), ("Resource", "fir-api:live")];

fn region() -> Region {
    let mut region = Region::default();
    for minute in 0..3u32 {
        region.metrics.record(
            u64::from(minute) * 60_000 + 1,
            "AWS/Lambda",
            "Invocations",
            &DIMENSIONS,
            f64::from(minute + 1),
        );
    }
    region
}

fn query(id: &str, name: &str) -> Value {
    let dimensions = json!([{ "Name": "Resource", "Value": "fir-api:live" }, { "Name": "FunctionName", "Value": "fir-api" }]);
    json!({ "Id": id, "MetricStat": { "Metric": { "Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions }, "Period": 60, "Stat": "Sum" } })
}

fn input(queries: &[Value]) -> Value {
    json!({ "MetricDataQueries": queries, "StartTime": 0, "EndTime": 600 })
}

fn json_request(input: &Value) -> Request {
    Request::new("POST", "/", input.to_string()).with("x-amz-target", "GraniteServiceVersion20100801.GetMetricData")
}

fn ask(region: &mut Region, request: &Request) -> Response {
    ask_at(region, request, 600_000)
}

fn ask_at(region: &mut Region, request: &Request, now: Millis) -> Response {
    let caller = Caller {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        service: "monitoring".into(),
    };
    carry_out(region, &caller, &recognise(request).unwrap(), request, now)
}

fn ask_json(region: &mut Region, input: &Value) -> Value {
    serde_json::from_slice(&ask(region, &json_request(input)).body).unwrap()
}

#[test]
fn the_newest_point_comes_first_unless_asked_otherwise() {
    let mut ascending = input(&[query("a", "Invocations")]);
    let descending = ask_json(&mut region(), &ascending);
    assert_eq!(descending["MetricDataResults"][0]["Timestamps"], json!([120, 60, 0]));
    assert_eq!(descending["MetricDataResults"][0]["Values"], json!([3.0, 2.0, 1.0]));
    ascending["ScanBy"] = json!("TimestampAscending");
    assert_eq!(
        ask_json(&mut region(), &ascending)["MetricDataResults"][0]["Values"],
        json!([1.0, 2.0, 3.0])
    );
}

#[test]
fn a_metric_without_traffic_is_complete_and_empty() {
    let answer = ask_json(&mut region(), &input(&[query("a", "Throttles")]));
    assert_eq!(
        answer["MetricDataResults"][0],
        json!({ "Id": "a", "Label": "Throttles", "Timestamps": [], "Values": [], "StatusCode": "Complete" })
    );
}

#[test]
fn five_hundred_queries_are_the_most() {
    let queries: Vec<_> = (0..501).map(|n| query(&format!("q{n}"), "Invocations")).collect();
    let response = ask(&mut region(), &json_request(&input(&queries)));
    assert_eq!((response.status, response.error_code().as_deref()), (400, Some("ValidationError")));
    assert_eq!(ask(&mut region(), &json_request(&input(&queries[..500]))).status, 200);
}

#[test]
fn pages_together_hold_every_point_once() {
    let mut input = input(&[query("a", "Invocations"), query("b", "Throttles"), query("c", "Invocations")]);
    input["MaxDatapoints"] = json!(2);
    let mut values = Vec::new();
    let mut statuses = Vec::new();
    loop {
        let page = ask_json(&mut region(), &input);
        for series in page["MetricDataResults"].as_array().unwrap() {
            values.extend(
                series["Values"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|v| (series["Id"].as_str().unwrap().to_owned(), v.to_string())),
            );
            statuses.push(series["StatusCode"].as_str().unwrap().to_owned());
        }
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    let expected = [("a", "3.0"), ("a", "2.0"), ("a", "1.0"), ("c", "3.0"), ("c", "2.0"), ("c", "1.0")];
    assert_eq!(
        values.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect::<Vec<_>>(),
        expected
    );
    assert!(statuses.contains(&"PartialData".to_owned()));
}

#[test]
fn a_forged_token_is_refused() {
    let mut input = input(&[query("a", "Invocations")]);
    input["NextToken"] = json!("elsewhere");
    assert_eq!(
        ask(&mut region(), &json_request(&input)).error_code().as_deref(),
        Some("InvalidNextToken")
    );
}

#[test]
fn cbor_requests_are_answered_in_cbor() {
    let mut body = Vec::new();
    ciborium::into_writer(&input(&[query("a", "Invocations")]), &mut body).unwrap();
    let request =
        Request::new("POST", "/service/GraniteServiceVersion20100801/operation/GetMetricData", body).with("smithy-protocol", "rpc-v2-cbor");
    let response = ask(&mut region(), &request);
    assert_eq!((response.status, response.header("smithy-protocol")), (200, Some("rpc-v2-cbor")));
    let answer = crate::wire::cbor::to_json(&response.body).unwrap();
    assert_eq!(answer["MetricDataResults"][0]["Timestamps"], json!([120, 60, 0]));
    assert_eq!(answer["MetricDataResults"][0]["Values"], json!([3.0, 2.0, 1.0]));
}

#[test]
fn forms_are_answered_in_xml() {
    let form = "Action=GetMetricData&Version=2010-08-01&StartTime=1970-01-01T00:00:00Z&EndTime=1970-01-01T00:10:00Z\
        &MetricDataQueries.member.1.Id=a&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Sum\
        &MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS%2FLambda&MetricDataQueries.member.1.MetricStat.Metric.MetricName=Invocations\
        &MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=FunctionName\
        &MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=fir-api\
        &MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.2.Name=Resource\
        &MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.2.Value=fir-api%3Alive";
    let request = Request::new("POST", "/", form).with("content-type", "application/x-www-form-urlencoded");
    assert_eq!(Protocol::of(&request), Protocol::Query);
    let body = String::from_utf8(ask(&mut region(), &request).body).unwrap();
    assert!(body.contains("<Timestamps><member>1970-01-01T00:02:00Z</member>"), "{body}");
    assert!(
        body.contains("<Values><member>3</member><member>2</member><member>1</member></Values>"),
        "{body}"
    );
}

#[test]
fn a_caller_in_another_time_sees_the_last_minutes_at_its_own_times() {
    let mut region = region();
    region.metrics.ahead = -1_000_000 * 60_000;
    let mut input = input(&[query("a", "Invocations")]);
    input["StartTime"] = json!(60_000_000);
    input["EndTime"] = json!(60_000_600);
    let answer = ask_json(&mut region, &input);
    assert_eq!(
        answer["MetricDataResults"][0]["Timestamps"],
        json!([60_000_120, 60_000_060, 60_000_000])
    );
}

#[test]
fn queues_have_metrics_and_an_hour_is_one_point() {
    let mut region = Region::default();
    for minute in 0..120 {
        let at = minute * 60_000;
        let value = f64::from(u32::try_from(minute).unwrap());
        region
            .metrics
            .record(at, "AWS/SQS", "ApproximateAgeOfOldestMessage", &[("QueueName", "orders")], value);
    }
    let metric = json!({ "Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [{ "Name": "QueueName", "Value": "orders" }] });
    let query = json!({ "Id": "age", "MetricStat": { "Metric": metric, "Period": 3600, "Stat": "Maximum" } });
    let input = json!({ "MetricDataQueries": [query], "StartTime": 0, "EndTime": 7200 });
    let answer: Value = serde_json::from_slice(&ask_at(&mut region, &json_request(&input), 7_200_000).body).unwrap();
    assert_eq!(answer["MetricDataResults"][0]["Timestamps"], json!([3600, 0]), "AWS-117");
    assert_eq!(answer["MetricDataResults"][0]["Values"], json!([119.0, 59.0]), "AWS-117");
}
