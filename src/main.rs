//! Starts the page.

fn main() {
    wimpex::ui::start();
}
