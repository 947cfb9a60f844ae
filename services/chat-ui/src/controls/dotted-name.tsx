/** A name such as `User.Read.All`, which a narrow column breaks after its dots before it breaks its words. */
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
