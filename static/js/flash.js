// Removes the code of the flash sentence from the address, so that neither a reload nor a shared link shows it again.
// Without scripts the code stays, and repeating the sentence does no harm.
const here = new URL(location);
if (here.searchParams.has("said")) {
  here.searchParams.delete("said");
  history.replaceState(history.state, "", here);
}
