/** A name such as `User.Read.All`; in a narrow column it breaks after a dot rather than within a word. */
export function DottedName({ name }: { readonly name: string }) {
  return (
    <>
      {name.split(/(?<=\.)/).map((part, index) => (
        <>
          {index > 0 && <wbr />}
          {part}
        </>
      ))}
    </>
  )
}
