//! API Gateway v1 on the wire: REST with JSON bodies, as the AWS SDKs speak it.

mod answers;
mod body;
mod calls;
mod route;

use crate::wire::{Caller, Operation, Request, Response, error};
use crate::world::{Millis, Region};

/// The operation that a request asks for; none when the path is not one of `/restapis` that is simulated.
pub fn recognise(request: &Request) -> Option<Operation> {
    let name = route::operation_name(&request.method, &route::segments(request))?;
    Some(Operation {
        service: "apigateway",
        name,
        write: request.method != "GET",
    })
}

/// Carries one recognised operation out. The region is the caller's, so the caller itself is not needed.
pub fn carry_out(region: &mut Region, _caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    let segments = route::segments(request);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = body::Body::read(&request.body).and_then(|body| {
        let call = calls::Call {
            operation: operation.name,
            ids: &segments,
            query: route::query(request),
            accept: route::accept(request),
            body,
            now,
        };
        calls::carry_out(region, &call)
    });
    answer.unwrap_or_else(|error| error::refuse(request, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(region: &mut Region, method: &str, path: &str, query: &str, body: &str) -> Response {
        let request = Request::new(method, &format!("{path}?{query}"), body);
        let caller = Caller {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            service: "apigateway".into(),
        };
        let operation = recognise(&request).unwrap();
        carry_out(region, &caller, &operation, &request, 1_767_225_600_999)
    }

    fn body(response: &Response) -> serde_json::Value {
        serde_json::from_slice(&response.body).unwrap()
    }

    fn api() -> (Region, String, String) {
        let mut region = Region {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            ..Region::default()
        };
        let created = body(&send(&mut region, "POST", "/restapis", "", r#"{"name": "reviews"}"#));
        let text = |name: &str| created[name].as_str().unwrap().to_owned();
        (region, text("id"), text("rootResourceId"))
    }

    #[test]
    fn a_moment_is_a_number_of_seconds() {
        let (mut region, id, _) = api();
        assert_eq!(
            body(&send(&mut region, "GET", &format!("/restapis/{id}"), "", ""))["createdDate"],
            1_767_225_600
        );
    }

    /// AWS-45.
    #[test]
    fn methods_are_shown_only_when_they_are_asked_for() {
        let (mut region, id, root) = api();
        send(
            &mut region,
            "PUT",
            &format!("/restapis/{id}/resources/{root}/methods/GET"),
            "",
            r#"{"authorizationType": "NONE"}"#,
        );
        let path = format!("/restapis/{id}/resources");
        let plain = body(&send(&mut region, "GET", &path, "", ""));
        assert_eq!(plain["item"][0]["resourceMethods"], serde_json::json!({"GET": {}}));
        let embedded = body(&send(&mut region, "GET", &path, "embed=methods&limit=500", ""));
        assert_eq!(embedded["item"][0]["resourceMethods"]["GET"]["authorizationType"], "NONE");
    }

    #[test]
    fn a_page_says_where_the_next_begins() {
        let (mut region, id, root) = api();
        for part in ["a", "b"] {
            send(
                &mut region,
                "POST",
                &format!("/restapis/{id}/resources/{root}"),
                "",
                &format!(r#"{{"pathPart": "{part}"}}"#),
            );
        }
        let path = format!("/restapis/{id}/resources");
        let first = body(&send(&mut region, "GET", &path, "limit=2", ""));
        let position = first["position"].as_str().unwrap();
        let second = body(&send(&mut region, "GET", &path, &format!("limit=2&position={position}"), ""));
        assert_eq!(second["item"][0]["path"], "/b");
        assert!(second.get("position").is_none());
    }

    #[test]
    fn an_unknown_api_is_named_with_its_account() {
        let mut region = Region {
            account: "111122223333".into(),
            ..Region::default()
        };
        let response = send(&mut region, "GET", "/restapis/nothing/stages", "", "");
        assert_eq!(response.status, 404);
        assert_eq!(response.header("x-amzn-errortype"), Some("NotFoundException"));
        assert_eq!(body(&response)["message"], "Invalid API identifier specified 111122223333:nothing");
    }

    #[test]
    fn a_path_outside_rest_apis_is_not_recognised() {
        let request = Request::new("GET", "/v2/apis", "");
        assert_eq!(recognise(&request), None);
    }
}
