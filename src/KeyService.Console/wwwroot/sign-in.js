// The sign-in page: follows a one-time link, tells the colour scheme for the first paint of the pages behind it, tells other tabs.
(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    for (const field of document.querySelectorAll('input[name=scheme]')) field.value = scheme;
    const issuer = document.querySelector('a.issuer');
    if (issuer) issuer.href += `&scheme=${scheme}`;
    // Only what was done: a sign-out that was refused ends at this page too.
    const wasSigningOut = sessionStorage.getItem('keyservice-signing-out');
    sessionStorage.removeItem('keyservice-signing-out');
    if (wasSigningOut && document.querySelector('main[data-signed-out]')) new BroadcastChannel('keyservice').postMessage('signed-out');

    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (token) {
        // Out of the address bar and the history before anything else.
        history.replaceState(null, '', location.pathname);
        document.getElementById('token').value = token;
        document.getElementById('following').hidden = false;
        document.getElementById('link').submit();
        return;
    }

    document.getElementById('credential')?.focus();
    document.querySelector('form.credential')?.addEventListener('submit', event => {
        const button = event.target.querySelector('button');
        button.setAttribute('aria-disabled', 'true');
        button.textContent = 'Signing in…';
    });
})();
