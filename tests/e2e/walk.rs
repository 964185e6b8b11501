//! A page is walked through: what its blocks say is saved and typed in their order, and what the terminal shows is held against the page.
//!
//! A `yaml` block is saved under the name in its first line (`# shop.yaml`), an endpoint also under its own, and a `json` block under the
//! name behind that word. In a `console` block each line that begins with `$ ` is typed into bash, with `kubectl`, `helm`, `aws` and
//! `warmlambda` as a reader has them, and the lines below are what it shows; nothing below means only that it succeeds. What differs
//! from run to run (ages, times, ids) may differ, and a line `...` stands for any lines.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::kubectl::Kubectl;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::PATIENCE;

/// What a reader of a page does.
#[derive(Debug, PartialEq)]
enum Act {
    /// Saves a file: name, text.
    Save(String, String),
    /// Types a command and reads what it shows, line by line.
    Type(String, Vec<String>),
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What to do with the blocks of a page.
fn acts(page: &str) -> Vec<Act> {
    let blocks = page.split("\n```").skip(1).step_by(2);
    let acts = blocks.flat_map(|block| match block.split_once('\n') {
        Some(("yaml", text)) => vec![Act::Save(file_name(text), text.into())],
        Some(("console", text)) => commands(text),
        Some((language, text)) if language.starts_with("json ") => vec![Act::Save(language[5..].into(), text.into())],
        _ => Vec::new(),
    });
    acts.collect()
}

fn file_name(yaml: &str) -> String {
    let first = yaml.lines().next().unwrap_or_default();
    if let Some(name) = first
        .strip_prefix("# ")
        .filter(|name| name.ends_with(".yaml") && !name.contains(' '))
    {
        return name.into();
    }
    let endpoint: WarmLambdaEndpoint = serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    endpoint.metadata.name.expect("an endpoint has a name") + ".yaml"
}

/// The commands of a block; one whose line ends with a backslash goes on in the next.
fn commands(block: &str) -> Vec<Act> {
    let mut acts: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), acts.last_mut()) {
            (Some(command), _) => acts.push((command.into(), Vec::new())),
            (None, Some((command, _))) if command.ends_with('\\') => *command = format!("{command}\n{line}"),
            (None, Some((_, shows))) => shows.push(line.into()),
            (None, None) => panic!("a block of the terminal begins with a command, not with {line:?}"),
        }
    }
    acts.into_iter().map(|(command, shows)| Act::Type(command, shows)).collect()
}

/// A line with one blank between its words, and with what differs from run to run replaced.
fn sameness(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = replace_runs(&line, &[':', '.', '-'], |run| is_time(run).then_some("TIME"));
    replace_runs(
        &line,
        &['-'],
        |run| {
            if is_age(run) { Some("AGE") } else { is_id(run).then_some("ID") }
        },
    )
}

/// The line with each run of letters, digits and these characters replaced, for which there is something in its place.
fn replace_runs(line: &str, characters: &[char], by: impl Fn(&str) -> Option<&'static str>) -> String {
    let within = |c: char| c.is_ascii_alphanumeric() || characters.contains(&c);
    let mut replaced = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|other| within(other) != within(c)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        replaced.push_str(by(run).filter(|_| within(c)).unwrap_or(run));
        rest = behind;
    }
    replaced
}

/// `44s`, `2m10s`, `3d`.
fn is_age(word: &str) -> bool {
    let numbers = word.split_inclusive(['s', 'm', 'h', 'd']);
    let mut all = numbers
        .map(|part| part.trim_end_matches(['s', 'm', 'h', 'd']).parse::<u32>().is_ok() && !part.ends_with(|c: char| c.is_ascii_digit()));
    !word.is_empty() && all.all(|is| is)
}

/// `2026-11-22T10:30:00Z`, with or without a fraction of a second.
fn is_time(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':']);
    word.len() >= 20 && word.as_bytes()[4] == b'-' && word.as_bytes()[10] == b'T' && word.ends_with('Z')
}

/// A UUID, or the id of a statement of ours, which is made of one.
fn is_id(word: &str) -> bool {
    let is_hexadecimal = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let lengths: Vec<_> = word
        .strip_prefix("warmlambda-")
        .unwrap_or(word)
        .split('-')
        .map(|part| is_hexadecimal(part).then_some(part.len()))
        .collect();
    lengths == [8, 4, 4, 4, 12].map(Some) || word.starts_with("warmlambda-") && lengths == [Some(8), Some(10)]
}

/// Whether the terminal shows what the page says.
fn shows(terminal: &str, page: &[String]) -> bool {
    fn same(terminal: &[String], page: &[String]) -> bool {
        match (terminal, page) {
            ([], []) => true,
            (_, [any, rest @ ..]) if any == "..." => (0..=terminal.len()).any(|from| same(&terminal[from..], rest)),
            ([line, terminal @ ..], [expected, page @ ..]) => line == expected && same(terminal, page),
            _ => false,
        }
    }
    let lines = |text: &mut dyn Iterator<Item = &str>| -> Vec<String> { text.map(sameness).filter(|line| !line.is_empty()).collect() };
    same(&lines(&mut terminal.lines()), &lines(&mut page.iter().map(String::as_str)))
}

/// A reader at a terminal, in a folder of their own that has the files of the repository in it.
pub struct Reader {
    folder: PathBuf,
    namespace: String,
    aws: String,
    watches: Vec<Watch>,
}

/// A command that goes on beside the others, as in a second terminal: it begins with the page and is read at its end.
struct Watch {
    command: String,
    expected: Vec<String>,
    shown: PathBuf,
    process: Child,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where a tool is, installed when it is missing.
pub fn tool(name: &str) -> PathBuf {
    let output = Command::new(root().join("scripts/tools.sh"))
        .arg(name)
        .output()
        .expect("scripts/tools.sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

impl Reader {
    /// Begins with a name for the folder, a cluster, the URL of AWS, and a version of Helm.
    pub fn sit_down(name: &str, kubectl: &Kubectl, aws: &str, helm: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages").join(name.replace('/', "-"));
        let _ = std::fs::remove_dir_all(&folder);
        let commands = folder.join(".bin");
        std::fs::create_dir_all(&commands).expect("a folder can be made");
        let link = |from: &Path, to: PathBuf| std::os::unix::fs::symlink(from, to).expect("a link can be made");
        for name in ["charts", "crds", "dist", "examples"] {
            link(&root().join(name), folder.join(name));
        }
        // Packages of code: one that starts, and one that does not. The AWS CLI looks for a zip file's end, awssim for these words.
        for (name, code) in [
            ("function.zip", "duration: 200ms, init: 900ms"),
            ("broken.zip", "init: fail-provisioned"),
        ] {
            let package = format!("{code} PK\u{5}\u{6}{}", "\0".repeat(18));
            std::fs::write(folder.join(name), package).expect("a file can be written");
        }
        link(Path::new(env!("CARGO_BIN_EXE_warmlambda")), commands.join("warmlambda"));
        link(&tool("aws"), commands.join("aws"));
        link(&tool(helm), commands.join("helm"));
        kubectl.settle(&folder);
        Self {
            folder,
            namespace: kubectl.namespace().into(),
            aws: aws.into(),
            watches: Vec::new(),
        }
    }

    /// A command in bash, with what the reader has in PATH and environment.
    fn bash(&self, command: &str) -> Command {
        let path = format!(
            "{}:{}",
            self.folder.join(".bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec 2>&1; {command}")])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("HOME", &self.folder)
            .env("KUBECONFIG", self.folder.join(".kubeconfig"))
            .env("AWS_ENDPOINT_URL", &self.aws)
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "not-checked")
            .stdin(Stdio::null());
        bash
    }

    /// Does all that a page says.
    pub fn reads(mut self, page: &str) {
        let text = std::fs::read_to_string(root().join(page)).expect("a page can be read");
        let acts = acts(&text);
        let typed = acts.iter().filter(|act| matches!(act, Act::Type(..))).count();
        assert!(typed > 0, "{page} has no commands");
        self.begins_to_watch(&acts);
        for act in &acts {
            self.does(act);
        }
        self.reads_the_watches();
    }

    fn does(&self, act: &Act) {
        match act {
            Act::Save(name, text) => std::fs::write(self.folder.join(name), text).expect("a file can be written"),
            Act::Type(command, _) if goes_on(command) => {}
            Act::Type(command, expected) => {
                let deadline = Instant::now() + PATIENCE;
                while let Err(terminal) = self.types(command, expected) {
                    // What only asks may be asked again: a policy, for instance, takes a moment until it holds.
                    let again = command.contains("--dry-run=server") && Instant::now() < deadline;
                    assert!(again, "$ {command}\n{terminal}---- but the page says:\n{}", expected.join("\n"));
                }
            }
        }
    }

    /// Answers what the terminal shows if it is not what the page says.
    fn types(&self, command: &str, expected: &[String]) -> Result<(), String> {
        let command = &checked_only(command);
        // Variables stay, as in one terminal.
        let line = format!("[ ! -e .variables ] || . ./.variables; set -a; {command}; code=$?; export -p >.variables; exit $code");
        let output = self.bash(&line).output().expect("bash runs");
        let terminal = self.seen(&String::from_utf8_lossy(&output.stdout));
        self.keeps(&format!("$ {command}\n{terminal}"));
        // A command may fail only where the page shows how.
        let fine = if expected.is_empty() {
            output.status.success()
        } else {
            shows(&terminal, expected)
        };
        if fine { Ok(()) } else { Err(terminal) }
    }

    /// What a reader sees who works in the namespace `default`.
    fn seen(&self, terminal: &str) -> String {
        terminal.replace(&self.namespace, "default")
    }

    /// What the terminal showed stays in the folder, for who writes the page.
    fn keeps(&self, shown: &str) {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("terminal.txt"));
        file.and_then(|mut file| file.write_all(shown.as_bytes()))
            .expect("a file can be written");
    }

    fn begins_to_watch(&mut self, acts: &[Act]) {
        for act in acts {
            let Act::Type(command, expected) = act else { continue };
            if goes_on(command) {
                let shown = self.folder.join(format!(".watched-{}", self.watches.len()));
                let into = shown.display();
                self.watches.push(Watch {
                    command: command.clone(),
                    expected: expected.iter().flat_map(|line| [line.clone(), "...".into()]).collect(),
                    process: self.bash(&format!("exec {command} >{into}")).spawn().expect("bash runs"),
                    shown,
                });
            }
        }
    }

    /// What goes on has shown each line of the page in this order, and perhaps others.
    fn reads_the_watches(self) {
        for watch in self.watches {
            let terminal = || std::fs::read_to_string(&watch.shown).unwrap_or_default();
            let deadline = Instant::now() + PATIENCE;
            while !shows(&terminal(), &watch.expected) {
                let (command, expected) = (&watch.command, watch.expected.join("\n"));
                assert!(
                    Instant::now() < deadline,
                    "$ {command}\n{}---- but the page says:\n{expected}",
                    terminal()
                );
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Services that awssim does not have: the AWS CLI checks the command, and then finds nobody at this address.
fn checked_only(command: &str) -> String {
    if ["aws iam ", "aws eks "].iter().any(|service| command.starts_with(service)) {
        return format!("AWS_MAX_ATTEMPTS=1 {command} --endpoint-url http://127.0.0.1:1 |& grep 'Could not connect'");
    }
    command.into()
}

fn goes_on(command: &str) -> bool {
    command.contains(" --watch")
}

/// Does all that a page says, in a world of its own with an operator in it.
pub async fn walk(page: &'static str) {
    read(page, Scenario::begin().await).await;
}

/// Does all that a page says in a scenario.
pub async fn read(page: &'static str, scenario: Scenario) {
    let (kubectl, aws) = (scenario.kubectl.clone(), scenario.aws.url());
    let walked = tokio::task::spawn_blocking(move || Reader::sit_down(page, &kubectl, &aws, "helm4").reads(page)).await;
    walked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
}

#[test]
fn what_a_page_shows_is_compared_word_by_word_but_for_what_differs_from_run_to_run() {
    let page = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let table = page("NAME  READY  AGE\nshop  True   9s");
    assert!(shows("NAME   READY   AGE\nshop   True    2m10s\n", &table));
    assert!(!shows("NAME   READY   AGE\nshop   False   9s\n", &table));
    assert!(!shows("NAME   READY   AGE\n", &table) && !shows("NAME READY AGE\nshop True 9s\nother True 9s\n", &table));
    assert!(shows("one\ntwo\nthree\n", &page("one\n...\nthree")) && !shows("one\ntwo\n", &page("...\nthree")));
    let id = page("granted by \"warmlambda-0a1b2c3d-0123456789\" at 2026-01-01T00:00:00Z.");
    assert!(shows(
        "granted by \"warmlambda-ffffffff-abcdef0123\" at 2026-12-01T10:20:30.5Z.",
        &id
    ));
    assert!(!shows("granted by \"statement-of-others\" at 2026-12-01T10:20:30Z.", &id));
}

#[test]
fn a_command_goes_on_after_a_backslash_and_shows_what_stands_below_it() {
    let page = "\n```console\n$ kubectl get \\\n    wle\nNAME\n$ true\n```\ntext\n```yaml\n# values.yaml\na: 1\n```\n";
    let acts = acts(page);
    let get = Act::Type("kubectl get \\\n    wle".into(), vec!["NAME".into()]);
    let save = Act::Save("values.yaml".into(), "# values.yaml\na: 1".into());
    assert_eq!(acts, [get, Act::Type("true".into(), Vec::new()), save]);
}
