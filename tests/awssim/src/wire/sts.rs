//! STS: who the caller is.

use super::{Caller, Operation, Request, Response, error, form};
use crate::world::{Millis, Region};

/// `GetCallerIdentity`, in the query protocol.
pub fn recognise(request: &Request) -> Option<Operation> {
    let is_form = request.method == "POST" && error::Protocol::of(request) == error::Protocol::Query;
    let asked = is_form && form::to_json(&request.body).get("Action").and_then(|a| a.as_str()) == Some("GetCallerIdentity");
    asked.then_some(Operation {
        service: "sts",
        name: "GetCallerIdentity",
        write: false,
    })
}

/// Answers with the account of the access key and a user of the simulator's name.
pub fn carry_out(_region: &mut Region, caller: &Caller, _operation: &Operation, _request: &Request, _now: Millis) -> Response {
    let account = &caller.account;
    let identity = format!("<Arn>arn:aws:iam::{account}:user/awssim</Arn><UserId>AIDAAWSSIM{account}</UserId><Account>{account}</Account>");
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>{identity}</GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    Response::xml(200, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_told_its_account() {
        let request = Request::new("POST", "/", "Action=GetCallerIdentity&Version=2011-06-15")
            .with("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .signed("444455556666", "eu-west-1", "sts");
        let operation = recognise(&request).unwrap();
        let response = carry_out(&mut Region::default(), &Caller::of(&request).unwrap(), &operation, &request, 0);
        assert!(
            String::from_utf8(response.body)
                .unwrap()
                .contains("<Account>444455556666</Account>")
        );
    }
}
