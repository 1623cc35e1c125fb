//! `docs/protocol.md` and the golden files say the same.

use std::fs;
use std::path::Path;

use serde_json::Value;

#[test]
fn every_message_has_its_example_and_every_example_is_golden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/protocol.md")).unwrap();
    let examples: Vec<Value> = text
        .split("```json\n")
        .skip(1)
        .map(|part| serde_json::from_str(part.split("```").next().unwrap()).unwrap())
        .collect();
    let mut golden = Vec::new();
    let folders = [
        "crates/protocol/golden",
        "crates/direct/golden",
        "crates/files/golden",
    ];
    let entries = folders.map(|folder| fs::read_dir(root.join(folder)).unwrap());
    for entry in entries.into_iter().flatten() {
        let path = entry.unwrap().path();
        let message: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(
            examples.contains(&message),
            "no example of {}",
            path.display()
        );
        golden.push(message);
    }
    for example in examples {
        assert!(golden.contains(&example), "no golden file for {example}");
    }
}
