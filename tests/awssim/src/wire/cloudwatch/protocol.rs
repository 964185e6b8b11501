//! The three ways to write the same request and the same page.

use ciborium::Value as Cbor;
use serde_json::{Value, json};

use super::get_metric_data::{Page, Series};
use crate::wire::error::{Protocol, escape};
use crate::wire::time::iso;
use crate::wire::{Request, Response, cbor, form};
use crate::world::{Answer, AwsError};

const TARGET: &str = "GraniteServiceVersion20100801";

/// The operation's name when the request is for CloudWatch.
pub fn operation(request: &Request) -> Option<String> {
    match Protocol::of(request) {
        Protocol::Cbor => request
            .path
            .strip_prefix("/service/")?
            .strip_prefix(TARGET)?
            .strip_prefix("/operation/")
            .map(str::to_owned),
        Protocol::AwsJson => request
            .header("x-amz-target")?
            .strip_prefix(TARGET)?
            .strip_prefix('.')
            .map(str::to_owned),
        Protocol::Query => form::to_json(&request.body).get("Action")?.as_str().map(str::to_owned),
        Protocol::RestJson => None,
    }
}

/// The request's members.
pub fn input(request: &Request) -> Answer<Value> {
    let input = match Protocol::of(request) {
        Protocol::Cbor => cbor::to_json(&request.body),
        Protocol::AwsJson => serde_json::from_slice(&request.body).ok(),
        Protocol::Query => Some(form::to_json(&request.body)),
        Protocol::RestJson => None,
    };
    input.ok_or_else(|| AwsError::new(400, "SerializationException", "The request body could not be read."))
}

/// The page in the protocol of the request.
pub fn response(request: &Request, page: &Page) -> Response {
    match Protocol::of(request) {
        Protocol::Cbor => cbor::response(200, &cbor_page(page)),
        Protocol::Query => Response::xml(200, &xml_page(page)),
        _ => Response::bytes(200, "application/x-amz-json-1.0", json_page(page).to_string().into_bytes()),
    }
}

fn status(series: &Series) -> &'static str {
    if series.complete { "Complete" } else { "PartialData" }
}

fn json_page(page: &Page) -> Value {
    let series = page.results.iter().map(|series| {
        let (timestamps, values): (Vec<_>, Vec<_>) = series.points.iter().copied().unzip();
        json!({ "Id": series.id, "Label": series.label, "Timestamps": timestamps, "Values": values, "StatusCode": status(series) })
    });
    let mut body = json!({ "MetricDataResults": series.collect::<Vec<_>>(), "Messages": [] });
    if let Some(token) = &page.next_token {
        body["NextToken"] = json!(token);
    }
    body
}

fn cbor_page(page: &Page) -> Cbor {
    let text = |text: &str| Cbor::Text(text.into());
    let series = page.results.iter().map(|series| {
        Cbor::Map(vec![
            (text("Id"), text(&series.id)),
            (text("Label"), text(&series.label)),
            (
                text("Timestamps"),
                Cbor::Array(series.points.iter().map(|(at, _)| cbor::epoch(*at)).collect()),
            ),
            (
                text("Values"),
                Cbor::Array(series.points.iter().map(|(_, value)| Cbor::Float(*value)).collect()),
            ),
            (text("StatusCode"), text(status(series))),
        ])
    });
    let mut members = vec![
        (text("MetricDataResults"), Cbor::Array(series.collect())),
        (text("Messages"), Cbor::Array(Vec::new())),
    ];
    members.extend(page.next_token.as_ref().map(|token| (text("NextToken"), text(token))));
    Cbor::Map(members)
}

fn xml_page(page: &Page) -> String {
    let members = |values: Vec<String>| values.iter().map(|value| format!("<member>{value}</member>")).collect::<String>();
    let series = page.results.iter().map(|series| {
        format!(
            "<Id>{}</Id><Label>{}</Label><Timestamps>{}</Timestamps><Values>{}</Values><StatusCode>{}</StatusCode>",
            escape(&series.id),
            escape(&series.label),
            members(series.points.iter().map(|(at, _)| iso(at * 1000)).collect()),
            members(series.points.iter().map(|(_, value)| value.to_string()).collect()),
            status(series)
        )
    });
    let token = page
        .next_token
        .as_ref()
        .map(|token| format!("<NextToken>{}</NextToken>", escape(token)))
        .unwrap_or_default();
    format!(
        "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><GetMetricDataResult>\
         <MetricDataResults>{}</MetricDataResults>{token}<Messages/></GetMetricDataResult></GetMetricDataResponse>",
        members(series.collect())
    )
}
