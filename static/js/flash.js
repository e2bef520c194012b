// What was done is said once: the code of the sentence leaves the address, so that neither a reload nor a shared link
// says it again. Without scripts it stays there, and saying it again does no harm.
const here = new URL(location);
if (here.searchParams.has("said")) {
  here.searchParams.delete("said");
  history.replaceState(history.state, "", here);
}
