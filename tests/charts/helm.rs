//! Helm 3 and Helm 4, as a person would use them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The operator's chart.
pub const OPERATOR: &str = "charts/warmlambda";
/// The chart of the CustomResourceDefinition alone.
pub const CRDS: &str = "charts/warmlambda-crds";

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The path of a tool, which is installed when it is missing.
pub fn tool(name: &str) -> PathBuf {
    let output = Command::new(root().join("scripts/tools.sh"))
        .arg(name)
        .stderr(Stdio::inherit())
        .output()
        .expect("scripts/tools.sh runs");
    assert!(output.status.success(), "scripts/tools.sh has no {name}");
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

/// What a command said.
pub struct Said {
    /// Whether its exit code was 0.
    pub success: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command in the root of the repository with this on standard input.
pub fn run(command: &mut Command, input: &str) -> Said {
    let mut child = command
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_owned();
    // A program may end, or fill its output, before it has read all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("its input was written");
    Said {
        success: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// One of the two Helms.
#[derive(Clone, Copy, Debug)]
pub enum Helm {
    /// 3.17
    Three,
    /// 4.3
    Four,
}

impl Helm {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Three, Self::Four];

    /// Runs it with these values, as YAML, on standard input where `-f -` reads them.
    pub fn run(self, arguments: &[&str], values: &str) -> Said {
        let binary = tool(match self {
            Self::Three => "helm3",
            Self::Four => "helm4",
        });
        // No cluster, and nothing that the person at this machine has set up.
        let mut command = Command::new(binary);
        command.env("KUBECONFIG", "/dev/null").env("HOME", env!("CARGO_TARGET_TMPDIR"));
        run(command.args(arguments), values)
    }

    /// Renders a chart as the release `warmlambda` in the namespace `warmlambda` with these values, as YAML.
    pub fn template(self, chart: &str, values: &str, more: &[&str]) -> Said {
        let arguments = ["template", "warmlambda", chart, "--namespace", "warmlambda", "-f", "-"];
        self.run(&[&arguments[..], more].concat(), values)
    }

    /// Why a chart is refused with these values.
    pub fn refusal(self, chart: &str, values: &str) -> String {
        let said = self.template(chart, values, &[]);
        assert!(!said.success, "{self:?} renders {chart} with what it should refuse: {values}");
        said.err
    }
}

/// The objects of a rendered chart.
pub struct Objects(pub Vec<Value>);

/// The operator's chart with these values, as YAML.
pub fn rendered(values: &str) -> Objects {
    let said = Helm::Four.template(OPERATOR, values, &[]);
    assert!(said.success, "{values}\n{}", said.err);
    Objects::read(&said.out)
}

impl Objects {
    /// Reads a stream of YAML documents.
    pub fn read(yaml: &str) -> Self {
        let objects: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        Self(objects.into_iter().filter(|object| !object.is_null()).collect())
    }

    /// Those of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|object| object["kind"] == kind).collect()
    }

    /// The only one of a kind.
    pub fn the(&self, kind: &str) -> &Value {
        let found = self.of_kind(kind);
        let [object] = found[..] else {
            panic!("{} objects are of kind {kind}", found.len())
        };
        object
    }

    /// By namespace, kind and name.
    pub fn by_name(self) -> BTreeMap<String, Value> {
        let namespace = |object: &Value| object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        self.0
            .into_iter()
            .map(|object| (format!("{}/{}", namespace(&object), name_of(&object)), object))
            .collect()
    }

    /// `Kind/name` of each, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.iter().map(name_of).collect();
        names.sort();
        names
    }
}

/// `Kind/name`.
pub fn name_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}
