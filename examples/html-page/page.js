const form = document.querySelector('form')

form.addEventListener('submit', async event => {
  event.preventDefault()
  const response = await fetch('answer', { method: 'POST', body: new FormData(form).get('question') })
  const { text, trace } = await response.json()
  document.querySelector('output').textContent = text
  document.querySelector('identity-trace').trace = trace // +
})
