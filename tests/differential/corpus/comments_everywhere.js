/* head */ function /* name */ handler(/* in */ w) // end
{ // open
  /** @type {string} */ const t = /* value */ "x" // no semicolon
  <!-- html comment
  return { ...w, payload: t } /* out */
}
--> also html
