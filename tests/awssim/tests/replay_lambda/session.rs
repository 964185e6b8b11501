//! A caller of awssim who does what an upstream test did.

use awssim::wire::lambda::{carry_out, recognise};
use awssim::wire::{Caller, Request, Response};
use awssim::world::{Millis, Region};
use serde_json::{Map, Value, json};

use super::recording::Recording;

const ACCOUNT: &str = "111111111111";
const REGION: &str = "eu-west-1";

/// One upstream test: its recording, and an empty region.
pub struct Session {
    pub recording: Recording,
    pub region: Region,
    now: Millis,
}

/// An answer in the form in which the recordings hold them.
pub struct Answer(pub Value);

impl Session {
    /// Begins a test; nothing when there are no recordings here.
    pub fn of(file: &str, test: &str) -> Option<Self> {
        let recording = Recording::read(file, test)?;
        recording.bind("<partition>", "aws");
        recording.bind("<region>", REGION);
        let region = Region {
            account: ACCOUNT.into(),
            region: REGION.into(),
            ..Region::default()
        };
        Some(Self {
            recording,
            region,
            now: 1_700_000_000_000,
        })
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u64) {
        self.now += seconds * 1000;
    }

    /// Sends a request; `target` is the path with its query.
    pub fn send(&mut self, method: &str, target: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::new(method, target, body);
        let caller = Caller {
            account: ACCOUNT.into(),
            region: REGION.into(),
            service: "lambda".into(),
        };
        let operation = recognise(&request).unwrap_or_else(|| panic!("{method} {target} is no operation"));
        Answer(recorded_form(&carry_out(&mut self.region, &caller, &operation, &request, self.now)))
    }

    /// Sends a request about a function; `rest` follows the function in the path.
    pub fn about(&mut self, method: &str, function: &str, rest: &str, body: &Value) -> Answer {
        self.send(method, &format!("/2015-03-31/functions/{function}{rest}"), body)
    }

    /// Reads with GET.
    pub fn get(&mut self, function: &str, rest: &str) -> Answer {
        self.about("GET", function, rest, &Value::Null)
    }

    /// Compares an answer with a step.
    pub fn check(&self, step: &str, answer: &Answer) {
        self.recording.check(step, &answer.0, &[]);
    }

    /// Creates a function and waits until it is active, as the upstream fixtures do; `more` is merged into the request.
    pub fn create(&mut self, function: &str, more: &Value) -> Answer {
        let mut body = json!({
            "FunctionName": function,
            "Handler": "index.handler",
            "Code": {"ZipFile": "bGludWtz"},
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/lambda-execution"),
            "Runtime": "python3.12",
        });
        for (member, value) in more.as_object().into_iter().flatten() {
            body[member] = value.clone();
        }
        let answer = self.send("POST", "/2015-03-31/functions", &body);
        self.pass(30);
        answer
    }

    /// The same as upstream's second fixture does it: with an empty environment, a handler of its own and 30 seconds.
    pub fn create_plain(&mut self, function: &str) -> Answer {
        self.create(
            function,
            &json!({"Handler": "handler.handler", "Timeout": 30, "Environment": {"Variables": {}}}),
        )
    }

    /// Updates the configuration and waits until it is through; answers the update's own answer.
    pub fn configure(&mut self, function: &str, change: &Value) -> Answer {
        let answer = self.about("PUT", function, "/configuration", change);
        self.pass(30);
        answer
    }

    /// Publishes a version.
    pub fn publish(&mut self, function: &str, guards: &Value) -> Answer {
        self.about("POST", function, "/versions", guards)
    }
}

impl Answer {
    /// A member of the answer as text.
    pub fn text(&self, member: &str) -> String {
        self.0[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member} in {}", self.0))
            .to_owned()
    }
}

/// As the upstream client hands a response over: the members of the body, `Error`, and the status.
fn recorded_form(response: &Response) -> Value {
    let body: Value = if response.body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(&response.body).unwrap()
    };
    let mut form = body.as_object().cloned().unwrap_or_default();
    if let Some(code) = response.header("x-amzn-errortype") {
        form = error_form(code, form);
    }
    for member in ["Statement", "Policy"] {
        if let Some(Value::String(text)) = form.get(member) {
            form.insert(member.into(), serde_json::from_str(text).unwrap());
        }
    }
    form.insert(
        "ResponseMetadata".into(),
        json!({"HTTPHeaders": {}, "HTTPStatusCode": response.status}),
    );
    Value::Object(form)
}

/// The client keeps the other members of a body only for errors that its model has.
fn error_form(code: &str, body: Map<String, Value>) -> Map<String, Value> {
    let message = body.get("message").or_else(|| body.get("Message")).cloned().unwrap_or_default();
    let mut form = if code == "ValidationException" { Map::new() } else { body };
    form.insert("Error".into(), json!({"Code": code, "Message": message}));
    form
}
